import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as time_of_day

import psycopg
import pytest

import warehouse.build
from tests.warehouse.fake_builds import make_identity, make_marts, rows
from warehouse.build import (
    AnotherBuildRuns,
    BuildNotHeld,
    OpenedBuild,
    are_seeds_kept,
    fail_build,
    holding_build,
    judge_marts,
    open_build,
    publish_marts,
)
from warehouse.build_inputs import last_horizon
from warehouse.database import connect
from warehouse.preview_identity import IdentityChanges
from warehouse.publish import BuildNotPublishable
from warehouse.rollback import rollback
from warehouse.run_dbt import seed_tables
from warehouse.settings import Workspace

NIGHT, OTHER_NIGHT = "airflow:night", "airflow:other night"


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    with connect(workspace, autocommit=True) as connection:
        connection.execute(
            "insert into ops.dealers (dealer_code, dealer_name, time_zone, phone_region) "
            "values ('d01', 'Север-Авто', 'Europe/Moscow', 'RU')"
        )
        connection.execute(
            "insert into ops.feeds (feed_id, dealer_code, source_system, entity, path, format_type, delivery, "
            "definition) values ('d01/dms/sales/*', 'd01', 'dms', 'sales', '*', 'csv', 'full', '{}')"
        )
        yield connection


def _load_batch(
    connection: psycopg.Connection, delivered_on: date, *, status: str = "loaded", arrived_on: date | None = None
) -> None:
    connection.execute(
        """
        insert into ops.batches (
            batch_id, batch_seq, feed_id, dealer_code, source_system, entity, source_file, content_sha256, byte_count,
            delivered_on, arrived_at, status
        )
        select
            gen_random_uuid()::text, case when %(status)s = 'loaded' then ops.next_batch_seq() end, 'd01/dms/sales/*',
            'd01', 'dms', 'sales', 'd01/sales.csv', '', 0, %(day)s, %(arrived)s, %(status)s
        """,
        {
            "day": delivered_on,
            "arrived": datetime.combine(arrived_on or delivered_on, time_of_day(12), timezone(_to_noon())),
            "status": status,
        },
    )


def _publish(workspace: Workspace, connection: psycopg.Connection, opened: OpenedBuild, number: int = 1) -> None:
    assert opened.build_id is not None
    make_marts(connection, number)
    make_identity(connection, {"d01/dms/sales/1": "c1"})
    publish_marts(workspace, opened.build_id)


def test_a_build_fixes_its_horizon_and_the_day_of_the_latest_delivery(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    _load_batch(connection, date(2026, 3, 4))
    opened = open_build(workspace, holder=NIGHT)
    assert (opened.horizon, opened.as_of_date) == (2, date(2026, 3, 5))
    _load_batch(connection, date(2026, 3, 6))
    assert rows(connection, "select build_id, horizon, as_of_date, identity_version from ops.current_build") == [
        (opened.build_id, 2, date(2026, 3, 5), "default")
    ]


def test_a_file_dated_in_the_future_does_not_move_the_day_of_the_build(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    _load_batch(connection, datetime.now(UTC).date() + timedelta(days=3))
    assert open_build(workspace, holder=NIGHT).as_of_date == date(2026, 3, 5)


def test_the_day_is_the_groups_not_the_servers(workspace, connection):
    far_east = "Pacific/Kiritimati"  # fourteen hours ahead of UTC: a day that UTC has not reached for most of its day
    connection.execute("insert into ops.settings (setting, value) values ('time_zone', %s)", [far_east])
    today = rows(connection, f"select cast(now() at time zone '{far_east}' as date)")[0][0]
    _load_batch(connection, today)
    assert open_build(workspace, holder=NIGHT).as_of_date == today


def test_before_anything_is_loaded_there_is_nothing_to_build(workspace, connection):
    opened = open_build(workspace, holder=NIGHT)
    assert (opened.build_id, opened.reason) == (None, "Nothing is loaded yet.")


def test_the_same_again_is_nothing_new(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    first = open_build(workspace, holder=NIGHT)
    _publish(workspace, connection, first)
    again = open_build(workspace, holder=OTHER_NIGHT)
    assert again.build_id is None
    assert again.reason == f"Build {first.build_id} is live and shows everything that was loaded."
    assert rows(connection, "select count(*) from ops.builds") == [(1,)]


def test_a_full_refresh_builds_the_same_again(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT))
    opened = open_build(workspace, holder=OTHER_NIGHT, full_refresh=True)
    assert rows(connection, "select build_id, is_full_refresh from ops.builds where status = 'running'") == [
        (opened.build_id, True)
    ]


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ("select", True),
        ("update ops.builds set status = 'rolled_back' where status = 'published'", True),
        ("update ops.builds set code_version = 'an earlier one'", False),
        ("update ops.builds set status = 'failed' where status = 'published'", False),
        ("drop table build.surnames", False),
    ],
    ids=["nothing", "rolled back", "code", "broken off", "a table is missing"],
)
def test_seeds_are_loaded_again_unless_the_build_before_left_the_same(workspace, connection, change, is_kept):
    for name in seed_tables():
        connection.execute(f"create table build.{name} (value text)".encode())
    _load_batch(connection, date(2026, 3, 5))
    first = open_build(workspace, holder=NIGHT)
    assert not are_seeds_kept(connection, first.build_id)
    _publish(workspace, connection, first)
    connection.execute(change.encode())
    second = open_build(workspace, holder=OTHER_NIGHT, full_refresh=True)
    assert are_seeds_kept(connection, second.build_id) == is_kept


@pytest.mark.parametrize(
    "news",
    [
        "update ops.dealers set city = 'Казань'",
        "update ops.feeds set due = '07:00'",
        "insert into ops.settings (setting, value) values ('retention.active_days', '365')",
        "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason) "
        "values ('a', 'b', 'link', 'steward', 'one passport')",
        "insert into quarantine.rows (batch_id, feed_id, source_system, entity, source_file, source_row, source_cells)"
        " select batch_id, feed_id, 'dms', 'sales', '', 1, '{}' from ops.batches",
        "insert into ops.raw_rows_lost (table_name, lowest_batch_seq) values ('dms__sales', 1)",
        "update ops.builds set code_version = 'an earlier one'",
    ],
    ids=["dealers", "feeds", "settings", "decisions", "quarantine", "erased rows", "code"],
)
def test_whatever_else_marts_depend_on_is_news(workspace, connection, news):
    _load_batch(connection, date(2026, 3, 5))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT))
    connection.execute(news.encode())
    assert open_build(workspace, holder=OTHER_NIGHT).build_id is not None


def test_a_new_or_a_refused_batch_is_news_and_a_touched_dealer_is_not(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT))
    connection.execute("update ops.dealers set updated_at = now() + interval '1 hour'")
    assert open_build(workspace, holder=NIGHT).build_id is None
    _load_batch(connection, date(2026, 3, 5), status="refused")
    second = open_build(workspace, holder=NIGHT)
    _publish(workspace, connection, second)
    _load_batch(connection, date(2026, 3, 5))
    assert open_build(workspace, holder=NIGHT).horizon == 2


def _feed_due(connection: psycopg.Connection, hours_from_now: float) -> None:
    """The feed of the test, due daily that many hours from now; tests stay clear of midnight in a zone of their own."""
    connection.execute("update ops.dealers set time_zone = %s", [_noon_zone()])
    connection.execute(
        "update ops.feeds set due = cast(now() at time zone %s as time) + make_interval(secs => %s)",
        [_noon_zone(), 3600 * hours_from_now],
    )
    connection.execute(
        "insert into ops.settings (setting, value) values ('time_zone', %s) on conflict do nothing", [_noon_zone()]
    )


def _to_noon() -> timedelta:
    """What is to be added to UTC for it to be between twelve and one o'clock."""
    return timedelta(hours=12 - datetime.now(UTC).hour)


def _noon_zone() -> str:
    return f"Etc/GMT{-int(_to_noon() / timedelta(hours=1)):+d}"


def _today() -> date:
    return (datetime.now(UTC) + _to_noon()).date()


def _days_missing(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return rows(connection, "select expected_on - last_came_on, rhythm_days from ops.build_feeds")


def test_a_due_time_that_passed_without_its_delivery_is_news_once(workspace, connection):
    _feed_due(connection, +2)
    _load_batch(connection, _today() - timedelta(days=1))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT))
    assert open_build(workspace, holder=NIGHT).build_id is None
    _feed_due(connection, -2)
    connection.execute("update ops.builds set settings_hash = 'as if the feed had always been due then'")
    late = open_build(workspace, holder=NIGHT)
    assert _days_missing(connection) == [(1, None)]
    _publish(workspace, connection, late)
    assert open_build(workspace, holder=NIGHT).build_id is None


def test_the_same_file_again_after_its_time_is_news_to_a_feed_that_was_late(workspace, connection):
    _feed_due(connection, -2)
    _load_batch(connection, _today() - timedelta(days=1))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT))
    connection.execute(
        "insert into ops.outcomes (run_id, feed_id, step, status) "
        "select 'r', feed_id, 'discover', 'skipped' from ops.feeds"
    )
    assert open_build(workspace, holder=NIGHT).build_id is not None
    assert _days_missing(connection) == [(0, None)]


def test_when_nobody_delivers_any_more_every_feed_is_behind_the_clock(workspace, connection):
    _feed_due(connection, -2)
    _load_batch(connection, _today() - timedelta(days=30))
    assert open_build(workspace, holder=NIGHT).as_of_date == _today() - timedelta(days=30)
    assert _days_missing(connection) == [(30, None)]


def test_a_feed_is_expected_by_the_rhythm_of_its_deliveries(workspace, connection):
    _feed_due(connection, -2)
    for days_ago in (36, 29, 22, 8, 1):
        _load_batch(connection, _today() - timedelta(days=days_ago))
    open_build(workspace, holder=NIGHT)
    assert _days_missing(connection) == [(1, 7)]


def test_a_file_dated_ahead_has_come_today_and_not_in_days_to_come(workspace, connection):
    _feed_due(connection, -2)
    _load_batch(connection, _today() - timedelta(days=1))
    _load_batch(connection, _today() + timedelta(days=100), arrived_on=_today())
    open_build(workspace, holder=NIGHT)
    assert _days_missing(connection) == [(0, None)]


def test_replayed_days_are_judged_by_the_evening_of_their_last(workspace, connection):
    """Deliveries of years ago that arrive today: on time among themselves, whatever the hour of the replay."""
    for due in (-2, +2):
        _feed_due(connection, due)
        connection.execute("update ops.feeds set due = null")
        connection.execute(
            "insert into ops.settings (setting, value) select 'build_by', to_char(now() at time zone %s + "
            "make_interval(hours => %s), 'HH24:MI') on conflict (setting) do update set value = excluded.value",
            [_noon_zone(), due],
        )
        for day in (3, 4, 5):
            _load_batch(connection, date(2023, 3, day), arrived_on=_today())
        opened = open_build(workspace, holder=NIGHT)
        assert _days_missing(connection) == [(0, None)]
        fail_build(workspace, opened.build_id, "the next hour's turn")


def test_a_replay_that_is_left_alone_for_days_is_behind_by_them(workspace, connection):
    _feed_due(connection, -2)
    for day in (3, 4, 5):
        _load_batch(connection, date(2023, 3, day), arrived_on=_today() - timedelta(days=2))
    open_build(workspace, holder=NIGHT)
    assert _days_missing(connection) == [(2, None)]


def test_a_batch_is_seen_once_a_build_that_did_not_fail_has_begun_beyond_it(workspace, connection):
    assert last_horizon(connection) == 0
    _load_batch(connection, date(2026, 3, 5))
    opened = open_build(workspace, holder=NIGHT)
    _load_batch(connection, date(2026, 3, 6))
    assert last_horizon(connection) == 1
    fail_build(workspace, opened.build_id, "a model is broken")
    assert last_horizon(connection) == 0


def _decide(connection: psycopg.Connection, decision: str) -> None:
    connection.execute(
        "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason)"
        " values ('a', 'b', %s, 'steward', 'one passport')",
        [decision],
    )


def test_what_a_load_changes_in_the_books_while_a_build_runs_is_not_seen_by_it(workspace, connection):
    connection.execute("insert into ops.settings (setting, value) values ('retention.active_days', '365')")
    _decide(connection, "link")
    _load_batch(connection, date(2026, 3, 5))
    open_build(workspace, holder=NIGHT)
    connection.execute("update ops.dealers set city = 'Казань'")
    connection.execute("update ops.settings set value = '1'")
    connection.execute("update ops.feeds set due = '07:00'")
    _decide(connection, "no_link")
    assert rows(connection, "select city from ops.build_dealers") == [(None,)]
    assert rows(connection, "select value from ops.build_settings") == [("365",)]
    assert rows(connection, "select due from ops.build_feeds") == [(None,)]
    assert rows(connection, "select * from ops.build_decisions") == [("a", "b", "link")]


def test_a_decision_that_came_while_a_build_ran_is_news_and_one_withdrawn_again_is_not(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    first = open_build(workspace, holder=NIGHT)
    _decide(connection, "no_link")
    _publish(workspace, connection, first)
    second = open_build(workspace, holder=NIGHT)
    assert rows(connection, "select * from ops.build_decisions") == [("a", "b", "no_link")]
    _publish(workspace, connection, second, 2)
    for decision in ("link", "no_link"):
        _decide(connection, decision)
    assert open_build(workspace, holder=NIGHT).build_id is None
    _decide(connection, "withdrawn")
    assert open_build(workspace, holder=NIGHT).build_id is not None
    assert rows(connection, "select * from ops.build_decisions") == []


def test_what_was_rolled_back_is_built_again_only_when_something_changes(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT), 1)
    _load_batch(connection, date(2026, 3, 6))
    second = open_build(workspace, holder=NIGHT)
    _publish(workspace, connection, second, 2)
    rollback(workspace)
    opened = open_build(workspace, holder=NIGHT)
    assert opened.build_id is None
    assert opened.reason.startswith(f"Build {second.build_id} of the same data was rolled back")
    _load_batch(connection, date(2026, 3, 7))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT), 3)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(3,)]


def test_the_same_scheduler_run_goes_on_with_its_build(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    opened = open_build(workspace, holder=NIGHT)
    _load_batch(connection, date(2026, 3, 6))
    assert open_build(workspace, holder=NIGHT) == opened


def test_a_build_of_another_scheduler_run_is_left_alone_while_its_lease_lasts(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    first = open_build(workspace, holder=NIGHT)
    with pytest.raises(AnotherBuildRuns, match="airflow:night has been building since"):
        open_build(workspace, holder=OTHER_NIGHT)
    connection.execute("update ops.builds set touched_at = now() - interval '1 hour'")
    second = open_build(workspace, holder=OTHER_NIGHT)
    assert rows(connection, "select build_id, status, reason from ops.builds order by 1") == [
        (first.build_id, "failed", "airflow:night ended in the middle of it"),
        (second.build_id, "running", None),
    ]


def test_the_times_of_a_build_are_told_in_utc_wherever_the_session_is(workspace, connection, monkeypatch):
    _load_batch(connection, date(2026, 3, 5))
    open_build(workspace, holder=NIGHT)
    times = "to_char({0} at time zone 'UTC', '{1}')"
    [[started, over]] = rows(
        connection,
        f"select {times.format('started_at', 'YYYY-MM-DD HH24:MI')},"
        f" {times.format('(touched_at + interval $$5 minutes$$)', 'HH24:MI:SS')} from ops.builds",
    )
    monkeypatch.setenv("PGTZ", "Asia/Vladivostok")
    with pytest.raises(AnotherBuildRuns, match=f"since {started} UTC") as refused:
        open_build(workspace, holder=OTHER_NIGHT)
    assert f"its time is over at {over} UTC; nothing was changed" in str(refused.value)


def test_a_part_that_is_at_work_keeps_its_build_beyond_the_lease(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    opened = open_build(workspace, holder=NIGHT)
    with holding_build(workspace, opened.build_id, holder=NIGHT):
        connection.execute("update ops.builds set touched_at = now() - interval '1 hour'")
        with pytest.raises(AnotherBuildRuns):
            open_build(workspace, holder=OTHER_NIGHT)


def test_two_processes_never_work_on_one_build(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    opened = open_build(workspace, holder=NIGHT)
    with (
        holding_build(workspace, opened.build_id, holder=NIGHT),
        pytest.raises(AnotherBuildRuns, match="another process works on it"),
        holding_build(workspace, opened.build_id, holder=NIGHT),
    ):
        pass
    with holding_build(workspace, opened.build_id, holder=NIGHT):
        pass


def test_a_part_of_a_build_that_was_ended_or_taken_does_not_start(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    opened = open_build(workspace, holder=NIGHT)
    with pytest.raises(BuildNotHeld), holding_build(workspace, opened.build_id, holder=OTHER_NIGHT):
        pass
    fail_build(workspace, opened.build_id, "a model is broken")
    with pytest.raises(BuildNotHeld, match="status failed"), holding_build(workspace, opened.build_id, holder=NIGHT):
        pass


def test_a_build_that_failed_is_no_reason_to_leave_the_same_unbuilt(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    opened = open_build(workspace, holder=NIGHT)
    fail_build(workspace, opened.build_id, "a model is broken")
    assert open_build(workspace, holder=NIGHT).build_id is not None


# A build from the command line, stopped in the middle: its process has the build open and waits.
HALF_BUILD = """
import sys, time
from warehouse import build
from warehouse.settings import find_workspace
def wait(*_, **__):
    print("building", flush=True)
    time.sleep(600)
build.run_dbt = wait
build.build(find_workspace(sys.argv[1]))
"""


def test_a_build_whose_process_was_killed_is_ended_by_the_next_at_once(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    building = subprocess.Popen([sys.executable, "-c", HALF_BUILD, workspace.root], stdout=subprocess.PIPE, text=True)
    assert building.stdout is not None
    assert building.stdout.readline() == "building\n"
    with pytest.raises(AnotherBuildRuns, match=f":{building.pid} has been building"):
        open_build(workspace, holder=NIGHT)
    os.kill(building.pid, signal.SIGKILL)
    building.wait()
    building.stdout.close()
    while rows(connection, "select 1 from pg_locks where locktype = 'advisory' and objsubid = 2"):
        time.sleep(0.01)
    opened = open_build(workspace, holder=NIGHT)
    assert rows(connection, "select build_id from ops.builds where status = 'running'") == [(opened.build_id,)]


def test_what_a_dead_build_left_running_in_the_server_is_ended(workspace, connection, bootstrapped_database_url):
    _load_batch(connection, date(2026, 3, 5))
    dead = open_build(workspace, holder=NIGHT)
    connection.execute("update ops.builds set touched_at = now() - interval '1 hour'")
    name = f"dealer360 build {dead.build_id}"
    with psycopg.connect(bootstrapped_database_url, application_name=name) as left_over:
        open_build(workspace, holder=OTHER_NIGHT)
        with pytest.raises(psycopg.OperationalError):
            left_over.execute("select 1")


def test_a_build_that_the_gate_refuses_stays_unseen_and_says_why(workspace, connection):
    _load_batch(connection, date(2026, 3, 5))
    _publish(workspace, connection, open_build(workspace, holder=NIGHT), 1)
    _load_batch(connection, date(2026, 3, 6))
    opened = open_build(workspace, holder=NIGHT)
    make_marts(connection, 2)  # four marts of many
    findings = judge_marts(workspace, opened.build_id)
    assert {finding.rule_code for finding in findings} == {"mart_missing"}
    status, reason = rows(connection, "select status, reason from ops.builds order by build_id desc limit 1")[0]
    assert status == "refused"
    assert "fct_service_visits" in str(reason)
    assert rows(connection, "select count(*) from ops.checks where not is_success") == [(len(findings),)]
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]
    with pytest.raises(BuildNotPublishable):
        publish_marts(workspace, opened.build_id)


def test_what_a_refused_build_would_have_changed_is_told_before_another_may_begin(workspace, connection, monkeypatch):
    _load_batch(connection, date(2026, 3, 5))
    told = IdentityChanges(0, 0, 0, ())
    seen = []

    def preview(session: psycopg.Connection, build_id: int) -> IdentityChanges:
        seen.append(rows(session, f"select status from ops.builds where build_id = {build_id}"))
        return told

    monkeypatch.setattr(warehouse.build, "run_layer", lambda *_args, **_named: make_marts(connection, 1))
    monkeypatch.setattr(warehouse.build, "preview_identity", preview)
    outcome = warehouse.build.build(workspace, dry_run=True)
    assert (outcome.status, outcome.identity_changes) == ("refused", told)
    assert seen == [[("running",)]]
    assert rows(connection, "select status from ops.builds") == [("refused",)]
