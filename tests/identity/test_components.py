"""The two materialisations that cluster: connected components, and components that no conflict runs through."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable

import psycopg

from tests.dbt_in_process import Dbt
from warehouse.database import connect
from warehouse.settings import Workspace

Edge = tuple[int, int]
Link = tuple[int, int, float]


def _least_of_components(edges: Iterable[Edge]) -> dict[int, int]:
    """Union-find: every node with the least node of its component."""
    above: dict[int, int] = {}

    def top(node: int) -> int:
        above.setdefault(node, node)
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for left, right in edges:
        one, other = sorted((top(left), top(right)))
        above[other] = one
    return {node: top(node) for node in list(above)}


def _random_graphs(rng: random.Random) -> list[Edge]:
    """Three hundred small graphs, a chain, a star and a dense blob, on node numbers in no order."""
    taken = iter({rng.getrandbits(63) - 2**62 for _ in range(60_000)})
    edges = []
    for _ in range(300):
        nodes = [next(taken) for _ in range(rng.randrange(2, 40))]
        for _ in range(rng.randrange(1, 60)):
            edges.append((rng.choice(nodes), rng.choice(nodes)))
    chain = [next(taken) for _ in range(3_000)]
    edges += list(zip(chain, chain[1:], strict=False))
    hub = next(taken)
    edges += [(hub, next(taken)) for _ in range(20_000)]
    blob = [next(taken) for _ in range(300)]
    edges += [(rng.choice(blob), rng.choice(blob)) for _ in range(20_000)]
    return edges


def _copy_links(connection: psycopg.Connection, rows: Iterable[tuple[object, ...]]) -> None:
    connection.execute(
        "create table build.int_customer_links_proposed (left_node bigint, right_node bigint, link_reason text,"
        " match_weight numeric(18, 6), match_probability numeric(18, 6), rests_on_name boolean default false)"
    )
    with connection.cursor().copy(
        "copy build.int_customer_links_proposed (left_node, right_node, link_reason, match_weight, match_probability)"
        " from stdin"
    ) as copy:
        for row in rows:
            copy.write_row(row)


def test_components_equal_union_find_on_random_graphs_chains_stars_and_blobs(
    workspace: Workspace, run_dbt: Dbt
) -> None:
    edges = _random_graphs(random.Random(20261121))
    with connect(workspace) as connection:
        _copy_links(connection, ((min(edge), max(edge), "match", 9, 1) for edge in edges))
    run_dbt("run", "--select", "int_customer_components_found")
    with connect(workspace) as connection:
        found = connection.execute("select node, component from build.int_customer_components_found").fetchall()
        counted = connection.execute(
            "select node, scored_links, name_links from build.int_customer_components_found where scored_links > 0"
        ).fetchall()
        left_over = connection.execute(
            "select count(*) from pg_tables where schemaname = 'build' and tablename like '%\\_\\_%'"
        ).fetchone()
    assert sorted(found) == sorted(_least_of_components(edges).items())
    assert sorted(counted) == sorted((node, links, 0) for node, links in Counter(map(max, edges)).items())
    assert left_over == (0,)


def _greedily(links: Iterable[Link], conflicts: Iterable[Edge]) -> dict[int, int]:
    """The strongest link first, each joining two components unless a conflict stands between them."""
    component: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    foes: dict[int, set[int]] = defaultdict(set)
    for left, right in conflicts:
        foes[left].add(right)
        foes[right].add(left)
    for left, right, _ in sorted(links, key=lambda link: -link[2]):
        for node in (left, right):
            members.setdefault(component.setdefault(node, node), {node})
        one, other = sorted((component[left], component[right]))
        if one == other or any(foes[node] & members[other] for node in members[one]):
            continue
        members[one] |= members.pop(other)
        component |= dict.fromkeys(members[one], one)
    return {node: min(members[name]) for node, name in component.items()}


def _components_in_conflict(rng: random.Random) -> tuple[list[Link], list[Edge]]:
    """Chains, trees and tangles of links no two of which weigh the same, with conflicts in them; a star of 3,000."""
    links, conflicts = dict[Edge, float](), list[Edge]()
    for number in range(120):
        nodes = range(number * 100, number * 100 + rng.randrange(3, 40))
        for node in nodes[1:]:
            links[rng.choice(nodes[: node - nodes[0]]), node] = rng.random()
        for _ in range(rng.randrange(20)):
            left, right = sorted(rng.sample(nodes, 2))
            links[left, right] = rng.random()
        for _ in range(rng.randrange(1, 12)):
            left, right = sorted(rng.sample(nodes, 2))
            conflicts.append((left, right))
    star = range(100_000, 103_000)
    links |= {(star[0], leaf): rng.random() for leaf in star[1:]}
    conflicts.append((star[1], star[2]))
    weights = dict(zip(links, rng.sample(range(1, 1_000_000), len(links)), strict=True))
    return [(left, right, weight / 1_000) for (left, right), weight in weights.items()], conflicts


def test_a_component_in_conflict_is_what_joining_the_strongest_first_leaves_of_it_however_large_it_is(
    workspace: Workspace, run_dbt: Dbt
) -> None:
    links, conflicts = _components_in_conflict(random.Random(7))
    with connect(workspace) as connection:
        _copy_links(connection, ((left, right, "match", weight, 1) for left, right, weight in links))
        connection.execute(
            "create table build.int_customer_conflicts_standing"
            " (component bigint, left_node bigint, right_node bigint, conflict text)"
        )
        connection.cursor().executemany(
            "insert into build.int_customer_conflicts_standing values (%s, %s, %s, 'two tax numbers')",
            [(left // 100 if left < 100_000 else 1_000, left, right) for left, right in conflicts],
        )
        connection.execute(
            "create table build.int_customer_components_guarded as"
            " select node, component, 0 as least_bits"
            " from (select node, case when node < 100000 then node / 100 else 1000 end as component"
            " from (select left_node as node from build.int_customer_links_proposed"
            " union select right_node from build.int_customer_links_proposed) as nodes) as components"
        )
    run_dbt("run", "--select", "int_customer_records_separated")
    with connect(workspace) as connection:
        found = dict(connection.execute("select node, component from build.int_customer_records_separated").fetchall())
    assert found == _greedily(links, conflicts)
