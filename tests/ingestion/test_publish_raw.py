"""Whatever order files arrive in, and however often: the same state, and the counts of a batch add up."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

import ingestion.load_file
import ingestion.publish_raw
from expectations.gate import judge_batch
from expectations.verdict import Finding, Verdict
from ingestion.feed_versions import FeedVersions
from ingestion.file_checks import check_known_records
from ingestion.load import load
from tests.ingestion.deliveries import (
    current_sales,
    deliver,
    deliver_sales,
    query,
    sale,
    write_group,
    write_sales_dealer,
)
from tests.ingestion.faults import everything
from warehouse.database import connect
from warehouse.settings import Workspace

Content = dict[int, int]  # price by number of the sale
Deliveries = dict[int, Content]  # by day of the month
Versions = dict[int, list[Content]]  # by day: what was sent first, and what its file was overwritten with since

contents = st.dictionaries(st.integers(1, 3), st.integers(1, 2), min_size=1, max_size=3)
versions = st.one_of(
    st.tuples(contents).map(list),
    st.tuples(contents, contents).map(list),
    st.tuples(contents, contents).map(lambda pair: [pair[0], pair[1], pair[0]]),  # taken back
)
deliveries = st.dictionaries(st.integers(1, 5), versions, min_size=2, max_size=4)


@pytest.fixture
def workspace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose gate keeps every rule: these tests are about the order of files, and load hundreds of them."""
    monkeypatch.setattr(ingestion.load_file, "judge_batch", lambda *_args, **_named: Verdict(()))
    write_group(workspace)
    return workspace


def states_in_order(days: Versions, *, is_full: bool) -> dict[int, dict[str, str]]:
    """What the feed says as of each of its days, by its definition: a correction that is taken back was never there."""
    state: Content = {}
    states = {}
    for day in sorted(days):
        sent = days[day]
        valid = [sent[0]] if sent[0] == sent[-1] else sent
        for content in valid:
            state = dict(content) if is_full else state | content
        states[day] = {str(number): f"{price}.00" for number, price in state.items()}
    return states


def state_in_order(days: Versions, *, is_full: bool) -> dict[str, str]:
    """What the feed says after all its days."""
    return states_in_order(days, is_full=is_full)[max(days)]


def states_of(workspace: Workspace, days: Iterable[int]) -> dict[int, dict[str, str]]:
    """What raw says as of each of these days of March."""
    states: dict[int, dict[str, str]] = {day: {} for day in days}
    rows = query(
        workspace,
        f"""
        select * from (
            select distinct on (day, source_record_id) day, source_record_id, price_amount, _is_absent
            from raw.dms__sales
            join unnest(array{sorted(states)}) as days (day) on _delivered_on <= make_date(2026, 3, day)
            order by day, source_record_id, _delivered_on desc, _batch_seq desc, _source_row desc
        ) as versions
        where not _is_absent
        """,
    )
    for row in rows:
        states[row["day"]][row["source_record_id"]] = row["price_amount"]
    return states


def load_in_order(workspace: Workspace, days: Versions, order: list[int]) -> None:
    """Loads the days in this order, one file after the other: the n-th time its n-th version, then the last again."""
    books = "ops.batches, ops.unchanged_sightings, ops.taken_back, ops.outcomes, ops.checks"
    with connect(workspace) as connection:
        connection.execute(f"truncate {books} cascade")  # type: ignore[arg-type]
        connection.execute("drop table if exists raw.dms__sales")
    for position, day in enumerate(order):
        shutil.rmtree(workspace.landing_dir, ignore_errors=True)
        content = days[day][min(order[:position].count(day), len(days[day]) - 1)]
        rows = [sale(number, price=price) for number, price in sorted(content.items())]
        deliver_sales(workspace, f"202603{day:02}", rows, minute=position)
        load(workspace)


@pytest.mark.parametrize("delivery", ["full", "delta"])
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=deliveries, data=st.data())
def test_any_order_and_repetition_of_dated_files_and_their_corrections_gives_the_same_state_as_of_every_day(
    workspace: Workspace, delivery: str, days: Versions, data: st.DataObject
) -> None:
    write_sales_dealer(workspace, delivery=delivery)
    again = data.draw(st.lists(st.sampled_from(sorted(days)), max_size=2))
    order = data.draw(st.permutations([*(day for day in sorted(days) for _ in days[day]), *again]))
    load_in_order(workspace, days, order)
    assert states_of(workspace, days) == states_in_order(days, is_full=delivery == "full")


@pytest.mark.parametrize(
    ("delivery", "days", "order"),
    [
        pytest.param("full", {1: {1: 1}, 2: {1: 1}}, [2, 1], id="a day before said the same"),
        pytest.param("full", {1: {1: 1}, 2: {1: 2}, 3: {1: 1}}, [2, 3, 1], id="two days before said the same"),
        pytest.param("delta", {1: {1: 1}, 2: {1: 1}}, [2, 1], id="a day before said the same of some"),
        pytest.param("full", {1: {1: 1}, 2: {1: 2}, 3: {1: 1}}, [1, 3, 2], id="a later file confirmed the value"),
        pytest.param("full", {1: {1: 1}, 2: {1: 1, 2: 1}, 3: {1: 1}}, [1, 3, 2], id="a later file no longer held it"),
        pytest.param("full", {1: {1: 1, 2: 1}, 2: {1: 1}, 3: {1: 1, 2: 1}}, [3, 1, 2], id="absent for one day"),
        pytest.param("delta", {1: {1: 1}, 2: {1: 2}, 3: {1: 1, 2: 1}}, [1, 3, 2], id="seen unchanged later"),
        pytest.param("delta", {1: {1: 1}, 2: {1: 2}, 3: {1: 1}}, [1, 3, 2], id="the same file again later"),
        pytest.param("delta", {1: {1: 1}, 2: {1: 2}, 3: {1: 1}}, [3, 1, 2], id="the first file after its repetition"),
    ],
)
def test_a_late_file_does_not_undo_what_later_ones_said(
    workspace: Workspace, delivery: str, days: Deliveries, order: list[int]
) -> None:
    write_sales_dealer(workspace, delivery=delivery)
    versions_of_days = {day: [content] for day, content in days.items()}
    load_in_order(workspace, versions_of_days, order)
    assert states_of(workspace, days) == states_in_order(versions_of_days, is_full=delivery == "full")


@pytest.mark.parametrize(
    ("days", "order"),
    [
        pytest.param(
            {2: [{1: 1}, {1: 1, 2: 1}], 3: [{3: 1}, {2: 2, 3: 2}, {3: 1}], 4: [{4: 1}]},
            [2, 4, 3, 3, 3, 2],
            id="it came after the taking back",
        ),
        pytest.param(
            {1: [{2: 2}], 4: [{2: 1}], 5: [{3: 1}, {3: 2, 2: 2}, {3: 1}]},
            [1, 5, 5, 4, 5],
            id="the correction had confirmed what it changes",
        ),
        pytest.param(
            {1: [{1: 1}, {1: 2, 2: 2}, {1: 1}], 2: [{1: 2, 2: 2}, {1: 1}]},
            [1, 1, 2, 1, 2],
            id="a later day had said the same as the correction",
        ),
    ],
)
def test_a_late_file_is_seen_through_a_later_day_whose_correction_was_taken_back(
    workspace: Workspace, days: Versions, order: list[int]
) -> None:
    write_sales_dealer(workspace, delivery="delta")
    load_in_order(workspace, days, order)
    assert current_sales(workspace) == state_in_order(days, is_full=False)


def test_unchanged_rows_are_counted_and_not_stored_again(workspace: Workspace) -> None:
    write_sales_dealer(workspace)
    load_in_order(workspace, {1: [{1: 1, 2: 1}], 2: [{1: 1, 2: 2}]}, [1, 2])
    batch = query(workspace, "select * from ops.batches order by batch_seq")[-1]
    assert (batch["rows_changed"], batch["rows_unchanged"]) == (1, 1)
    assert len(query(workspace, "select * from raw.dms__sales")) == 3


def test_a_column_that_the_yaml_gains_changes_only_rows_where_it_is_filled(workspace: Workspace) -> None:
    write_sales_dealer(workspace)
    load_in_order(workspace, {1: [{1: 1, 2: 1}]}, [1])
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8") + "      model: model\n", encoding="utf-8")
    rows = [f"{sale(1, price=1)};Vesta", f"{sale(2, price=1)};"]
    content = "\n".join(("id;sold;customer;phone;make;price;model", *rows)) + "\n"
    deliver(workspace, "d01/sales_20260302.csv", content)
    outcome = load(workspace)[-1]
    assert (outcome.counts["rows_changed"], outcome.counts["rows_unchanged"]) == (1, 1)


def test_a_history_is_written_into_a_table_made_anew_and_what_follows_into_that(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion.publish_raw, "LONG_ROWS", 2)
    for dealer in ("d01", "d02"):
        write_sales_dealer(workspace, dealer)
        deliver_sales(workspace, "20260301", [sale(1), sale(2)], dealer=dealer)
        load(workspace)
    rows = query(workspace, "select dealer_code, source_record_id from raw.dms__sales order by 1, 2")
    assert [tuple(row.values()) for row in rows] == [("d01", "1"), ("d01", "2"), ("d02", "1"), ("d02", "2")]
    assert query(workspace, "select to_regclass('raw.dms__sales_record_idx') is not null as there")[0]["there"]


def versions_being_written(workspace: Workspace) -> bool:
    """Whether, within some seconds, another connection has raw.dms__sales to itself."""
    for _ in range(200):
        held = query(
            workspace,
            "select from pg_locks where relation = 'raw.dms__sales'::regclass and mode = 'AccessExclusiveLock'",
        )
        if held:
            return True
        time.sleep(0.05)
    return False


def test_a_history_is_written_while_it_is_judged_and_goes_again_when_the_gate_refuses_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion.publish_raw, "LONG_ROWS", 2)
    refusal = Finding("rule", None, "refuse", "A sentence.", is_success=False, unexpected_count=1, element_count=2)
    seen: list[bool] = []

    def judge(*_arguments: object, **_named: object) -> Verdict:
        seen.append(versions_being_written(workspace))
        return Verdict((refusal,))

    monkeypatch.setattr(ingestion.load_file, "judge_batch", judge)
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2)])
    assert [outcome.status for outcome in load(workspace)] == ["refused"]
    assert seen == [True]
    assert query(workspace, "select count(*) from raw.dms__sales")[0]["count"] == 0
    assert query(workspace, "select to_regclass('raw.dms__sales_record_idx') is not null as there")[0]["there"]


def test_no_check_waits_for_the_table_into_which_a_history_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion.publish_raw, "LONG_ROWS", 2)
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=3s")
    seen: list[bool] = []

    def check(*arguments: Any) -> None:  # noqa: ANN401 - as they are
        seen.append(versions_being_written(workspace))
        check_known_records(*arguments)

    monkeypatch.setattr(ingestion.load_file, "check_known_records", check)
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(number) for number in range(20)])
    assert ([outcome.status for outcome in load(workspace)], seen) == (["loaded"], [True])


def test_what_is_written_while_it_is_judged_is_what_would_be_written_afterwards(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion.load_file, "judge_batch", judge_batch)
    write_sales_dealer(workspace)
    rows = [sale(number) for number in (1, 2, 2, 3, 4, 5)]  # one is a copy
    rows += [sale(3, price=2), sale(6, sold="soon"), sale("")]  # another word for its key, a bad date, no key
    held = []
    for long_rows in (1_000, 2):
        monkeypatch.setattr(ingestion.publish_raw, "LONG_ROWS", long_rows)
        with connect(workspace) as connection:
            connection.execute("truncate ops.batches, ops.outcomes, ops.checks cascade")
            connection.execute("update ops.batch_sequence set last_batch_seq = 0")
            connection.execute("drop table if exists raw.dms__sales")
        shutil.rmtree(workspace.archive_dir, ignore_errors=True)
        shutil.rmtree(workspace.landing_dir)
        for number, delivered in enumerate((rows, [sale(1, price=5), *rows[1:4], sale(7)]), start=1):
            deliver_sales(workspace, f"2026030{number}", delivered, minute=number)
            assert "loaded" in {outcome.status for outcome in load(workspace)}
        held.append(everything(workspace))
    first, second = held[0]["batches"]
    assert (first["rows_new"], first["rows_unchanged"], first["rows_quarantined"]) == (5, 1, 3)
    assert [second[f"rows_{kind}"] for kind in ("new", "changed", "unchanged", "absent")] == [1, 1, 3, 2]
    assert held[0] == held[1]


def test_what_the_feed_has_is_looked_up_while_a_long_later_delivery_is_judged(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2)])
    load(workspace)
    monkeypatch.setattr(ingestion.publish_raw, "LONG_ROWS", 2)
    looked_up = threading.Event()
    hold = FeedVersions.hold

    def told(versions: FeedVersions) -> None:
        hold(versions)
        looked_up.set()

    def judge(*arguments: Any, **named: Any) -> Verdict:  # noqa: ANN401 - as they are
        assert looked_up.wait(timeout=30), "it is looked up after the verdict"
        return judge_batch(*arguments, **named)

    monkeypatch.setattr(FeedVersions, "hold", told)
    monkeypatch.setattr(ingestion.load_file, "judge_batch", judge)
    deliver_sales(workspace, "20260302", [sale(1, price=2), sale(2)], minute=1)
    counts = load(workspace)[-1].counts
    assert (counts["rows_changed"], counts["rows_unchanged"]) == (1, 1)


OTHERS = """
    insert into raw.dms__sales (
        dealer_code, source_record_id, _source_file, _source_row, _row_hash, _feed_id, _batch_id, _batch_seq,
        _delivered_on, _loaded_at
    )
    select dealer, number::text, 'f', number, '1', dealer || '/dms/sales/f', 'b', 0, date '2026-02-01', now()
    from generate_series(1, 2000) as numbers (number), (select 'e' || generate_series(1, 20)) as dealers (dealer)
"""


def test_a_delivery_is_compared_with_its_own_dealers_rows_by_the_index_as_soon_as_they_are_there(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sales_dealer(workspace)
    load(workspace)
    with connect(workspace) as connection:
        connection.execute("alter table raw.dms__sales set (autovacuum_enabled = false)")
        connection.execute(OTHERS)
    rows = [sale(number) for number in range(1, 1_201)]
    deliver_sales(workspace, "20260301", rows)
    load(workspace)
    known = query(workspace, "select n_distinct from pg_stats where tablename = 'dms__sales' and attname = '_feed_id'")
    assert known, "the server would plan the next load as if raw were empty"

    plans: list[str] = []
    hold = FeedVersions.hold

    def explained(versions: FeedVersions) -> None:
        plan = versions.connection.execute(sql.SQL("explain {}").format(versions.keys_before())).fetchall()
        plans.append("\n".join(line for (line,) in plan))
        locked = "select count(*) from pg_locks where relation = 'ops.batch_sequence'::regclass"
        assert versions.value(sql.SQL(locked)) == 0, "others wait for the number meanwhile"
        hold(versions)

    monkeypatch.setattr(FeedVersions, "hold", explained)
    deliver_sales(workspace, "20260302", [sale(1, price=2), *rows[2:]], minute=1)
    counts = load(workspace)[-1].counts
    assert (counts["rows_changed"], counts["rows_unchanged"], counts["rows_absent"]) == (1, 1_198, 1)
    (plan,) = plans
    assert "dms__sales_record_idx" in plan, plan
    assert "Seq Scan" not in plan, plan
