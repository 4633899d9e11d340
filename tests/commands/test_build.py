"""Nights of the fixture workspace, from files to marts, by the commands a user types. Each goes on from the last."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import Night

ONE, OTHER = "d01/dms/customers/1", "d02/dms/sales/17"
STRANGER = "d02/dms/sales/19"

# What readers see and identity remembers; times and build numbers apart, the same data must give the same of it.
LASTING = {
    "dim_customers": "select * from marts.dim_customers order by customer_id",
    "dim_customer_ids": "select * from marts.dim_customer_ids order by 1, 2",
    "bridge_customer_records": "select * from marts.bridge_customer_records order by 1, 2, 3, 4, 5",
    "mart_customer_360": "select * from marts.mart_customer_360 order by customer_id",
    "record_map": "select * from identity.record_map order by 1, 2, 3, 4, 6",
    "customer_registry": "select * from identity.customer_registry order by 1",
    "history": "select * from identity.customer_id_history order by 1",
    "accepted_links": "select * from identity.accepted_links order by 1, 2, 5",
}


def _state(night: Night) -> dict[str, list[tuple[object, ...]]]:
    return {name: night.rows(query) for name, query in LASTING.items()}


def _is_running(pid: str) -> bool:
    """Whether there is such a process, and not only its exit code that nobody asked for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_run_loads_builds_and_publishes(night: Night):
    build = night.answer["build"]
    assert build["status"] == "published"
    assert {file["status"] for file in night.answer["files"]} == {"loaded"}
    assert night.exit_code == 0
    assert set(build["parts"]) >= {"dbt", "gate", "publish"}
    assert set(build["published"]["changes"]) >= {"dim_customers", "fct_vehicle_sales", "mart_customer_360"}
    assert night.rows("select count(*) > 0 from marts.mart_customer_360") == [(True,)]


def test_a_second_run_with_nothing_new_changes_no_row(night):
    # A row that was written again has another xmin or stands elsewhere, even when it says the same.
    tables = night.rows(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables "
        "where schemaname in ('raw', 'quarantine', 'build', 'identity', 'slot_a', 'slot_b')"
    )
    versions = "select md5(coalesce(string_agg(xmin::text || ctid::text, ' ' order by ctid), '')) from {}"
    before = {table: night.rows(versions.format(table)) for (table,) in tables}
    answer = night.command("run")
    assert answer.exit_code == 0
    assert "Nothing new. Build 1 is live and shows everything that was loaded." in answer.stdout
    assert {table: night.rows(versions.format(table)) for (table,) in tables} == before
    assert night.rows("select count(*) from ops.builds") == [(1,)]


def test_a_build_that_was_killed_leaves_nothing_and_making_everything_anew_gives_the_same(night):
    before = _state(night)
    words = ["--workspace", str(night.workspace.root), "build", "--full-refresh"]
    building = subprocess.Popen(
        [sys.executable, "-c", "from commands.main import cli; cli()", *words], env=os.environ | night.environment
    )
    at_work = "select 1 from pg_stat_activity where application_name = 'dealer360 build 2'"
    while not night.rows(at_work):
        assert building.poll() is None
        time.sleep(0.05)
    dbt = Path(f"/proc/{building.pid}/task/{building.pid}/children").read_text().split()
    os.kill(building.pid, signal.SIGKILL)
    building.wait()
    assert dbt
    deadline = time.monotonic() + 60
    while any(_is_running(pid) for pid in dbt):
        assert time.monotonic() < deadline, "dbt goes on without the build that started it"
        time.sleep(0.05)
    assert _state(night) == before

    answer = night.command("build", "--full-refresh")
    assert (answer.exit_code, answer.stderr) == (0, answer.stderr)
    assert "Build 3 is live" in answer.stdout
    assert _state(night) == before
    assert night.rows("select build_id, status from ops.builds order by 1") == [
        (1, "published"),
        (2, "failed"),
        (3, "published"),
    ]


def test_rolling_back_and_building_again_is_nothing_new(night):
    answer = night.command("rollback")
    assert (answer.exit_code, answer.stdout) == (0, "Build 1 is live again; build 3 was taken back.\n")
    answer = night.command("build")
    assert "Build 3 of the same data was rolled back" in answer.stdout
    answer = night.command("rollback")
    assert answer.exit_code == 3
    assert "NothingToRollBackTo" in answer.stderr


# What a steward does: look at a pair, decide, see what it would change, take it back


@pytest.fixture(scope="module")
def decided(night: Night) -> Iterator[Night]:
    """The night with one customer's records told apart, and two customers told to be one; taken back afterwards."""
    asked = (("no-link", ONE, OTHER), ("link", ONE, STRANGER))
    for word, left, right in asked:
        answer = night.command("identity", "decide", word, left, right, "--reason", "seen both", "--by", "anna")
        assert answer.exit_code == 0, answer.output
    yield night
    for _, left, right in asked:
        night.command("identity", "decide", "withdraw", left, right, "--reason", "the test is over")


def test_a_decision_that_cannot_be_true_beside_the_others_is_wrong_use_of_nothing_and_changes_nothing(decided):
    answer = decided.command("identity", "decide", "link", OTHER, STRANGER, "--reason", "guess")
    assert answer.exit_code == 3
    assert f"{ONE} ≠ {OTHER}" in answer.stderr
    assert len(json.loads(decided.command("identity", "review", "--decided", "--json").stdout)) == 2


def test_explain_says_what_was_decided_since_the_build(decided):
    told = json.loads(decided.command("identity", "explain", ONE, OTHER, "--json").stdout)
    assert told["verdict"].startswith("One customer until the next build; decided otherwise by anna on ")
    assert told["evidence"]


def test_a_dry_run_shows_what_decisions_change_and_publishes_nothing(decided):
    published = "select build_id, slot from ops.live"
    history = "select count(*) from identity.customer_id_history"
    seed = "select cast(cast('build.surnames' as regclass) as oid)"
    before = decided.rows(published), decided.rows(history), decided.rows(seed)
    answer = decided.command("build", "--dry-run", "--json")
    outcome = json.loads(answer.stdout)
    assert (answer.exit_code, outcome["status"]) == (0, "dry run")
    changes = outcome["identity_changes"]["changes"]
    assert {change["cause"] for change in changes} == {"decision"}
    assert any(change["change"] == "split_from" and OTHER in change["record_keys"] for change in changes)
    (merge,) = (change for change in changes if change["change"] == "merged_into")
    assert merge["record_keys"] == [STRANGER]
    assert merge["evidence"].endswith("Linked by a decision of a steward.")
    assert (decided.rows(published), decided.rows(history), decided.rows(seed)) == before, (
        "seeds of known code are kept"
    )
    assert decided.rows("select status from ops.builds order by build_id desc limit 1") == [("dry_run",)]


def test_the_queue_is_shown_as_data_and_for_people(night):
    pairs = json.loads(night.command("identity", "review", "--json", "--limit", "3").stdout)
    waiting = night.rows("select count(*) from build.rpt_match_review_queue")[0][0]
    assert len(pairs) == min(3, waiting)
    assert night.command("identity", "review").stdout.endswith("pairs in the queue of the last build.\n")


def test_values_of_too_many_people_are_shown_with_the_reason(night):
    barred = night.rows("select count(*) from build.int_customer_values_barred")[0][0]
    told = night.command("identity", "shared", "--limit", "1").stdout
    assert f"{min(1, barred)} shown of {barred}" in told
