"""Matching that goes on from its last run ends where one that makes everything anew ends, on random histories."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import psycopg
import pytest

from ingestion.raw_tables import ensure_raw_tables
from stewardship.decisions import Verdict, contradicted
from tests.dbt_in_process import Dbt
from warehouse.database import connect
from warehouse.settings import Workspace

HISTORIES = int(os.environ.get("DEALER360_HISTORIES", "60"))
NIGHTS = int(os.environ.get("DEALER360_NIGHTS", "3"))
LISTED = float(os.environ.get("DEALER360_LISTED", "0.7"))
"""The share of nights on which standardising lists what may have changed."""

MATCHING = (
    *("--select", "int_customer_records_standardized+,+int_customer_records_clustered"),
    *("--exclude", "int_customer_records_standardized"),
)
KEPT = (
    "int_customer_records_keyed",
    "int_customer_blocks_sized",
    "int_customer_pairs_scored",
    "int_customer_links_remembered",
    "int_customer_links_proposed",
    "int_customer_records_grouped",
    "int_customer_records_clustered",
)
COMPARED = {
    "int_customer_blocks_sized": "select block_id, rule, record_count from {} where is_too_large",
    "int_customer_links_remembered": "select left_id, right_id from {} where is_remembered",
}
"""What has to be the same of a table in which not all has to."""

FIRST_NAMES = ("aleksandr", "aleksandr", "sasa", "anna", None)

RunMatching = Callable[..., None]
Found = dict[str, set[str]]


@dataclass(frozen=True)
class Row:
    """A standardised record, as far as the histories tell records apart."""

    record_id: int
    signature_id: str
    mention: int
    history: int
    dealer_code: str
    customer_source_id: str | None
    last_name_key: str | None
    first_name_key: str | None
    birth_date: date | None
    phones: tuple[str, ...]
    email: str | None
    vins: tuple[str, ...]
    tax_id: str | None

    def values(self) -> dict[str, object]:
        """The columns of int_customer_records_standardized that it fills."""
        return {
            "record_id": self.record_id,
            "signature_id": self.signature_id,
            "record_key": f"{self.dealer_code}/dms/customers/{self.mention}",
            "dealer_code": self.dealer_code,
            "source_system": "dms",
            "entity": "customers",
            "customer_source_id": self.customer_source_id,
            "customer_type": "person",
            "last_name_key": self.last_name_key,
            "first_name_key": self.first_name_key,
            "birth_date": self.birth_date,
            "is_usable_birth_date": self.birth_date is not None,
            "phone": self.phones[0] if self.phones else None,
            "mobile_phones": list(self.phones) or None,
            "is_usable_phone": bool(self.phones),
            "email": self.email,
            "is_usable_email": self.email is not None,
            "vins": list(self.vins) or None,
            "tax_id": self.tax_id,
            "is_usable_name": self.last_name_key is not None and self.first_name_key is not None,
            "is_usable_address": False,
            "is_usable_card": self.customer_source_id is not None,
            "is_test": False,
            "is_employee": False,
        }


@dataclass
class Group:
    """Many small histories side by side: names and numbers of one are no other's. One is a crowd of namesakes."""

    dice: random.Random
    signatures: dict[int, str]
    rows: dict[int, Row] = field(default_factory=dict)
    mentions: dict[str, int] = field(default_factory=dict)
    """What else says the same as a record: its key, and the record's number."""
    decisions: dict[tuple[int, int], Verdict] = field(default_factory=dict)
    gone: dict[int, Row] = field(default_factory=dict)
    """Records that went, and may come back."""

    def begin(self) -> None:
        """A first night: some ten records a history, and as many namesakes as a block may just hold."""
        for history in range(HISTORIES):
            for _ in range(self.dice.randrange(4, 14)):
                self._add(history)
        for _ in range(50):
            self._add_namesake()

    def another_night(self) -> None:
        """Records come, change, go and come back; stewards decide and take back."""
        for record_id in [record_id for record_id in self.gone if self.dice.random() < 0.4]:
            self.rows[record_id] = self.gone.pop(record_id)
        for row in self.dice.sample(sorted(self.rows.values(), key=lambda row: row.record_id), len(self.rows) // 12):
            match self.dice.randrange(3):
                case 0:
                    self.gone[row.record_id] = self.rows.pop(row.record_id)
                case 1:
                    self._add(row.history)
                case _:
                    other = self._row(row.history)
                    changed = self.dice.choice(
                        (
                            "last_name_key",
                            "first_name_key",
                            "birth_date",
                            "phones",
                            "email",
                            "vins",
                            "customer_source_id",
                        )
                    )
                    self.rows[row.record_id] = replace(row, **{changed: getattr(other, changed)})
        self._firsts_of_cards_come_and_go()
        self._others_say_the_same()
        for _ in range(self.dice.randrange(1, 4)):
            self._add_namesake()
        for pair in [pair for pair in self.decisions if self.dice.random() < 0.3]:
            del self.decisions[pair]
        for _ in range(HISTORIES // 2):
            history = self.dice.randrange(HISTORIES)
            members = sorted(row.record_id for row in self.rows.values() if row.history == history)
            if len(members) > 1:
                left, right = sorted(self.dice.sample(members, 2))
                self._decide(left, right, self.dice.choice(("link", "no_link")))
        self.decisions = {pair: word for pair, word in self.decisions.items() if set(pair) <= self.rows.keys()}

    def _firsts_of_cards_come_and_go(self) -> None:
        """The others of a card hang together by the least of its records."""
        holders: dict[tuple[str, str], list[int]] = {}
        for row in self.rows.values():
            if row.customer_source_id:
                holders.setdefault((row.dealer_code, row.customer_source_id), []).append(row.record_id)
        shared = sorted(min(records) for records in holders.values() if len(records) > 2)
        for first in shared[:3]:
            del self.rows[first]
        for first in shared[3:6]:
            before = max((record_id for record_id in self.signatures if record_id < first), default=None)
            if before is not None:
                self.rows[before] = replace(
                    self.rows[first], record_id=before, signature_id=self.signatures.pop(before), mention=before
                )

    def _others_say_the_same(self) -> None:
        """Of the records that say the same one stands for all: when it says something else, another one does."""
        for row in self.dice.sample(sorted(self.rows.values(), key=lambda row: row.record_id), len(self.rows) // 8):
            self.rows[row.record_id] = replace(row, mention=self.dice.getrandbits(48))

    def _mentions_come_and_move(self) -> None:
        """Some say the same as another record of their history today, as those whose record is gone have to."""
        histories: dict[int, list[int]] = {}
        for row in self.rows.values():
            histories.setdefault(row.history, []).append(row.record_id)
        for key, record_id in list(self.mentions.items()):
            if record_id not in self.rows or self.dice.random() < 0.1:
                del self.mentions[key]
                if others := histories.get(int(key.split("/")[-2])):
                    self.mentions[key] = self.dice.choice(others)
        for row in self.dice.sample(list(self.rows.values()), len(self.rows) // 10):
            self.mentions[f"d01/dms/sales/{row.history}/{self.dice.getrandbits(48)}"] = row.record_id

    def namesakes_leave(self) -> None:
        """The crowd becomes small enough again to be compared."""
        crowd = sorted(row.record_id for row in self.rows.values() if row.history == -1)
        for record_id in crowd[45:]:
            del self.rows[record_id]
        self._others_say_the_same()

    def write(self, connection: psycopg.Connection) -> None:
        """Make it what matching reads."""
        self._mentions_come_and_move()
        connection.execute(
            "create temporary table before on commit drop as table build.int_customer_records_standardized;"
            " create temporary table said_before on commit drop as table build.int_customer_record_signatures"
        )
        connection.execute("truncate build.int_customer_records_standardized, build.int_customer_decisions_resolved")
        rows = list(self.rows.values())
        self.dice.shuffle(rows)
        columns = list(rows[0].values())
        with connection.cursor().copy(
            f"copy build.int_customer_records_standardized ({', '.join(columns)}) from stdin"
        ) as copy:
            for row in rows:
                copy.write_row([row.values()[column] for column in columns])
        connection.execute(
            "update build.int_customer_records_standardized as held set fingerprint = hash_record_extended(held, 0)"
        )
        connection.execute(
            "truncate build.int_customer_records_unioned, build.int_customer_record_signatures;"
            " insert into build.int_customer_records_unioned (record_id, signature_id)"
            " select record_id, signature_id from build.int_customer_records_standardized;"
            " insert into build.int_customer_record_signatures (record_key, signature_id, record_id)"
            " select record_key, signature_id, record_id from build.int_customer_records_standardized;"
            " analyze build.int_customer_records_unioned"
        )
        connection.cursor().executemany(
            "insert into build.int_customer_record_signatures (record_key, signature_id, record_id)"
            " values (%s, %s, %s)",
            [(key, self.rows[record_id].signature_id, record_id) for key, record_id in self.mentions.items()],
        )
        connection.cursor().executemany(
            "insert into build.int_customer_decisions_resolved (left_id, right_id, decision) values (%s, %s, %s)",
            [(*pair, word) for pair, word in self.decisions.items()],
        )
        self._standardising_has_run(connection)

    def _standardising_has_run(self, connection: psycopg.Connection) -> None:
        """As its own run leaves it: going on from the last one, with what may have changed, or having made all anew."""
        follows = "run_id" if self.dice.random() < LISTED else "null"
        connection.execute(
            f"update build.int_customer_standardising_state set follows = {follows}, run_id = run_id + 1;"
            " truncate build.int_customer_records_restandardized"
        )
        if follows == "run_id":
            connection.execute(
                "insert into build.int_customer_records_restandardized"
                " select coalesce(records.record_id, before.record_id)"
                " from build.int_customer_records_standardized as records full join before using (record_id)"
                " where records.fingerprint is distinct from before.fingerprint or random() < 0.1"
                " union"
                " select changed.record_id"
                " from build.int_customer_record_signatures as said full join said_before using (record_key)"
                " cross join unnest(array[said.record_id, said_before.record_id]) as changed (record_id)"
                " where said.record_id is distinct from said_before.record_id and changed.record_id is not null"
            )

    def _decide(self, left: int, right: int, verdict: Verdict) -> None:
        """As `dealer360 identity decide` does it: what cannot be true beside what stands is refused."""
        standing = {(str(one), str(other)): held for (one, other), held in self.decisions.items()}
        standing.pop((str(left), str(right)), None)
        if contradicted(verdict, str(left), str(right), standing) is None:
            self.decisions[left, right] = verdict

    def _add(self, history: int) -> None:
        row = self._row(history)
        self.rows[row.record_id] = row

    def _add_namesake(self) -> None:
        row = replace(
            self._row(-1),
            last_name_key="kuznecov",
            first_name_key="pavel",
            birth_date=None,
            phones=(),
            vins=(),
            tax_id=None,
        )
        self.rows[row.record_id] = replace(row, email=f"{row.record_id}@x.ru", customer_source_id=None)

    def _row(self, history: int) -> Row:
        choose = self.dice.choice
        record_id = choose(list(self.signatures))
        # As unlike those of other histories as chance makes them.
        own = random.Random(history)
        word = "".join(own.choices("abdegiklmnoprstuvz", k=9))
        number = "".join(own.choices("0123456789", k=7))
        born = date(1940, 1, 1) + timedelta(days=own.randrange(20_000))
        is_named = self.dice.random() < 0.85
        return Row(
            record_id,
            self.signatures.pop(record_id),
            record_id,
            history,
            choose(("d01", "d02")),
            f"{word}{choose('ab')}" if self.dice.random() < 0.4 else None,
            choose((word, word, f"{word}x", word[::-1], None)) if is_named else None,
            choose(FIRST_NAMES) if is_named else None,
            choose((born, born, born + timedelta(days=1), born + timedelta(days=3_000), None)) if is_named else None,
            tuple(sorted({f"+79{number}{choose(('12', '48', '77'))}" for _ in range(self.dice.randrange(3))})),
            f"{choose('abc')}{word}@mail.ru" if self.dice.random() < 0.4 else None,
            (f"{word.upper()}{choose('12')}",) if self.dice.random() < 0.2 else (),
            f"{number}{choose(('11111', '77777'))}" if self.dice.random() < 0.3 else None,
        )


@pytest.fixture
def run_matching(workspace: Workspace, run_dbt: Dbt) -> RunMatching:
    """Runs matching on standardised records written by hand; the tables of an empty warehouse are there."""
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        connection.execute(
            "insert into ops.build_dealers (dealer_code, dealer_name, time_zone, phone_region)"
            " values ('d01', 'One', 'UTC', 'RU'), ('d02', 'Two', 'UTC', 'RU')"
        )

    def run(*arguments: str) -> None:
        run_dbt("run", *(arguments or MATCHING))

    run_dbt("seed", "--select", "path:seeds/identity")
    run("--select", "+int_customer_records_clustered", "--exclude", "resource_type:seed")
    return run


def _found(workspace: Workspace) -> Found:
    """Every row of the tables that matching keeps, as text."""
    with connect(workspace) as connection:

        def rows(table: str) -> set[str]:
            kept = COMPARED.get(table, "table {}").format(f"build.{table}")
            return {row for (row,) in connection.execute(f"select cast(kept as text) from ({kept}) as kept")}

        return {table: rows(table) for table in KEPT}


def _state(workspace: Workspace) -> tuple[bool, int, int]:
    """Whether the last run went on, how many records had changed for it, and how many there are."""
    with connect(workspace) as connection:
        row = connection.execute(
            "select is_going_on, (select count(*) from build.int_customer_records_changed),"
            " (select count(*) from build.int_customer_records_standardized)"
            " from build.int_customer_matching_state where is_complete"
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _signatures(workspace: Workspace) -> dict[int, str]:
    """More signatures than the histories need, by the number that each has as a record."""
    with connect(workspace) as connection:
        return dict(
            connection.execute(
                "select hashtextextended(signature_id, 0), signature_id"
                " from (select concat('s', number) as signature_id from generate_series(1, 20000) as number) as made"
            ).fetchall()
        )


def _open_build(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "insert into ops.builds (status, horizon, as_of_date, identity_version, settings_hash, code_version, holder)"
        " values ('published', 0, '2026-01-01', '', '', '', '') returning build_id"
    ).fetchone()
    assert row is not None
    connection.execute("update ops.current_build set build_id = %s", [row[0]])
    return int(row[0])


def _publish(connection: psycopg.Connection, dice: random.Random, night: int) -> None:
    """What the last published build accepted need not be what the last run proposed: its build may be refused."""
    row = connection.execute("select build_id from ops.current_build").fetchone()
    assert row is not None
    built = (
        "select left_node as left_id, right_node as right_id from build.int_customer_links_proposed as links"
        " inner join build.int_customer_records_clustered as one on links.left_node = one.record_id"
        " inner join build.int_customer_records_clustered as other on links.right_node = other.record_id"
        " where links.link_reason = 'match' and one.cluster_id = other.cluster_id"
    )
    scored = (
        "select left_id, right_id from build.int_customer_pairs_scored"
        f" where hashint8extended(left_id # right_id, {dice.getrandbits(32)}) > {-(2**63) // 5}"
    )
    first = {1: "another's", 2: "its", 3: "none"}
    match first.get(night) or dice.choice(("its", "none", "another's")):
        case "its":
            _publish_links(connection, row[0], built)
        case "another's":
            _publish_links(connection, _open_build(connection), scored)


def _publish_links(connection: psycopg.Connection, build_id: int, pairs: str) -> None:
    connection.execute("truncate identity.accepted_links")
    connection.execute(
        f"""
        with said as (
            select record_id, signature_id, min(record_key) as record_key
            from build.int_customer_record_signatures
            group by record_id, signature_id
        )
        insert into identity.accepted_links (
            left_record, right_record, left_signature_id, right_signature_id, match_weight, match_probability,
            link_reason, valid_from_build_id
        )
        select least(one.record_key, other.record_key), greatest(one.record_key, other.record_key),
            case when one.record_key < other.record_key then one.signature_id else other.signature_id end,
            case when one.record_key < other.record_key then other.signature_id else one.signature_id end,
            5, 0.97, 'match', %s
        from ({pairs}) as pairs
        inner join said as one on pairs.left_id = one.record_id
        inner join said as other on pairs.right_id = other.record_id
        """,
        [build_id],
    )
    connection.execute("update ops.live set build_id = %s", [build_id])


def test_nights_that_go_on_end_where_a_run_ends_that_begins_anew_as_after_a_kill_or_with_another_model(
    workspace: Workspace, run_matching: RunMatching
) -> None:
    group = Group(random.Random(int(os.environ.get("DEALER360_SEED", "20261122"))), _signatures(workspace))
    group.begin()
    for night in range(NIGHTS + 1):
        with connect(workspace) as connection:
            if night:
                _publish(connection, group.dice, night)
            _open_build(connection)
            group.write(connection)
        run_matching()
        is_going_on, changed, records = _state(workspace)
        assert is_going_on is (night > 0)
        assert not night or 0 < changed < records / 4
        _every_decision_holds(workspace, group)
        if night < NIGHTS - 1:
            group.another_night()
        else:
            group.namesakes_leave()
    went_on = _found(workspace)
    run_matching(*MATCHING, "--full-refresh")
    anew = _found(workspace)
    for table in KEPT:
        assert went_on[table] == anew[table], table
    with connect(workspace) as connection:
        kinds = connection.execute(
            "select link_reason, count(*) from build.int_customer_records_clustered group by 1"
        ).fetchall()
        conflicts = {
            conflict
            for (conflict,) in connection.execute("select distinct conflict from build.int_customer_conflicts_standing")
        }
        remembered = connection.execute(
            """
            select count(*), count(*) filter (where told.record_key is null)
            from build.int_customer_links_remembered as remembered
            inner join build.int_customer_links_proposed as links
                on (remembered.left_id, remembered.right_id) = (links.left_node, links.right_node)
            inner join identity.accepted_links as accepted
                on remembered.left_id in (
                    hashtextextended(left_signature_id, 0), hashtextextended(right_signature_id, 0)
                )
                and remembered.right_id in (
                    hashtextextended(left_signature_id, 0), hashtextextended(right_signature_id, 0)
                )
            left join build.int_customer_record_signatures as told on accepted.left_record = told.record_key
            """
        ).fetchone()
    assert {"match", "same card", "decision", "only customer with it", "no link"} <= {kind for kind, _ in kinds}
    assert {"decided", "two birth dates", "two namesakes"} <= conflicts
    assert remembered is not None
    assert remembered[0] > 0, "some links hang on what was published alone"
    assert remembered[1] > 0, "some of them between what records said that say something else now"
    _a_killed_run_is_followed_by_one_that_begins_anew(workspace, run_matching, group)
    _another_model_begins_anew(workspace, run_matching)
    _a_large_group_does_without_keys_that_say_little(workspace, run_matching, group)


def _every_decision_holds(workspace: Workspace, group: Group) -> None:
    """Whatever the score, the guards and the size of the component say against it."""
    with connect(workspace) as connection:
        clusters = dict(
            connection.execute("select record_id, cluster_id from build.int_customer_records_clustered").fetchall()
        )
    held = {pair: clusters[pair[0]] == clusters[pair[1]] for pair in group.decisions}
    assert held == {pair: verdict == "link" for pair, verdict in group.decisions.items()}


def _a_killed_run_is_followed_by_one_that_begins_anew(
    workspace: Workspace, run_matching: RunMatching, group: Group
) -> None:
    group.another_night()
    with connect(workspace) as connection:
        group.write(connection)
    run_matching("--select", "int_customer_records_changed", "int_customer_records_keyed")
    with connect(workspace) as connection:
        ended = connection.execute(
            "select count(*) from build.int_customer_matching_state where is_complete"
        ).fetchone()
    assert ended == (0,), "the run stopped before its end"
    for model in ("int_customer_blocks_sized", "int_customer_records_clustered"):
        with pytest.raises(AssertionError, match="Build identity whole"):
            run_matching("--select", model)
    run_matching()
    assert _state(workspace)[0] is False
    after_the_kill = _found(workspace)
    run_matching()
    assert _state(workspace)[:2] == (True, 0), "nothing has changed"
    assert _found(workspace) == after_the_kill


def _another_model_begins_anew(workspace: Workspace, run_matching: RunMatching) -> None:
    before = _found(workspace)
    with connect(workspace) as connection:
        connection.execute("update build.int_match_weights_chosen set bits = bits + 1 where attribute = 'phone'")
    run_matching()
    assert _state(workspace)[0] is False
    assert _found(workspace)["int_customer_pairs_scored"] != before["int_customer_pairs_scored"]


def _a_large_group_does_without_keys_that_say_little(
    workspace: Workspace, run_matching: RunMatching, group: Group
) -> None:
    def rules() -> set[int]:
        with connect(workspace) as connection:
            columns = connection.execute("select * from build.int_customer_records_keyed limit 0").description or []
            return {int(column.name.rpartition("_")[2]) for column in columns if "_block_id_" in column.name}

    names, names_and_town, birth_date = 32, 128, 16384
    assert {names, names_and_town, birth_date} <= rules()
    with connect(workspace) as connection:
        connection.execute("update build.int_match_settings_chosen set value = 1 where setting = 'weak_keys_up_to'")
    run_matching()
    assert names in rules()
    assert not {names_and_town, birth_date} & rules()
    group.another_night()
    with connect(workspace) as connection:
        group.write(connection)
    run_matching()
    assert _state(workspace)[0] is True
    went_on = _found(workspace)
    assert any(",t," in key for key in went_on["int_customer_records_keyed"]), "some are left to their birth dates"
    run_matching(*MATCHING, "--full-refresh")
    anew = _found(workspace)
    for table in KEPT:
        assert went_on[table] == anew[table], table
