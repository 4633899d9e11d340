"""The two materialisations that cluster: connected components, and components that no conflict runs through."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable

import psycopg

from tests.identity.conftest import RunDbt
from warehouse.database import connect
from warehouse.settings import Workspace

Edge = tuple[int, int]


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
        " match_weight numeric(18, 6), match_probability numeric(18, 6))"
    )
    with connection.cursor().copy("copy build.int_customer_links_proposed from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def test_components_equal_union_find_on_random_graphs_chains_stars_and_blobs(
    workspace: Workspace, run_dbt: RunDbt
) -> None:
    edges = _random_graphs(random.Random(20261121))
    with connect(workspace) as connection:
        _copy_links(connection, ((left, right, "match", 9, 1) for left, right in edges))
    run_dbt("run", "--select", "int_customer_components_found")
    with connect(workspace) as connection:
        found = dict(connection.execute("select node, component from build.int_customer_components_found").fetchall())
        left_over = connection.execute(
            "select count(*) from pg_tables where schemaname = 'build' and tablename like '%\\_\\_%'"
        ).fetchone()
    assert found == _least_of_components((left, right) for left, right in edges if left != right)
    assert left_over == (0,)


def test_a_component_with_a_conflict_is_cut_at_its_weakest_link_and_nowhere_else(
    workspace: Workspace, run_dbt: RunDbt
) -> None:
    rng = random.Random(7)
    links, conflicts, expected = [], [], {}
    for number in range(60):
        first, last = number * 100, number * 100 + rng.randrange(3, 12)
        weak = rng.randrange(first, last)  # the chain first…last breaks between weak and weak + 1
        for node in range(first, last):
            links.append((node, node + 1, "match", 6 if node == weak else rng.randrange(10, 40), 1))
        conflicts.append((first, first, last, "two tax numbers"))
        expected |= {node: first if node <= weak else weak + 1 for node in range(first, last + 1)}
    with connect(workspace) as connection:
        _copy_links(connection, links)
        connection.execute(
            "create table build.int_customer_conflicts_found"
            " (component bigint, left_node bigint, right_node bigint, conflict text)"
        )
        connection.cursor().executemany(
            "insert into build.int_customer_conflicts_found values (%s, %s, %s, %s)", conflicts
        )
    run_dbt("seed", "--select", "match_settings")
    run_dbt("run", "--select", "int_customer_components_found", "int_customer_records_separated")
    with connect(workspace) as connection:
        rows = connection.execute("select node, component from build.int_customer_records_separated").fetchall()
    groups, wanted = defaultdict(set), defaultdict(set)
    for node, component in rows:
        groups[component].add(node)
    for node, component in expected.items():
        wanted[component].add(node)
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, wanted.values()))
