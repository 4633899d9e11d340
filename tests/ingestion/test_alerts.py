"""What somebody must look at reaches him, once."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.alerts import Alert, alert_of_failure, alerts_of_files, alerts_of_late_feeds, tell
from ingestion.load import load
from ingestion.outcomes import FileOutcome
from tests.ingestion.deliveries import deliver, query, write_dealer
from tests.ingestion.sinks import mail_sink, nonsense_server, web_sink
from warehouse.build_inputs import late_feeds
from warehouse.database import connect
from warehouse.settings import Workspace

ALERT = Alert("batch:1", "refused d01/sales.csv: no rows", "NoRows: d01\n  found: nothing")


@pytest.fixture
def workspace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose group.yml names nobody to be told."""
    for name in ("DEALER360_SMTP_URL", "DEALER360_ALERT_WEBHOOK"):
        monkeypatch.delenv(name, raising=False)
    write_group(workspace)
    return workspace


def write_group(workspace: Workspace, alerts: str = "") -> None:
    workspace.group_file.write_text(f"name: Группа\ntime_zone: UTC\nbuild_by: '00:00'\n{alerts}", encoding="utf-8")


def test_an_alert_is_a_line_in_the_log_and_in_a_file_even_where_nobody_is_named(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        tell(workspace, [ALERT])
    assert "ALERT refused d01/sales.csv: no rows" in caplog.text
    assert (workspace.logs_dir / "alerts.log").read_text(encoding="utf-8").endswith(f"{ALERT.subject}\n")
    assert query(workspace, "select from ops.alerts") == []


def test_people_get_an_email_once_however_often_it_is_noticed(workspace: Workspace) -> None:
    with mail_sink() as (url, messages):
        write_group(workspace, f"alerts: {{email_to: [night@example.com], smtp: '{url}'}}\n")
        tell(workspace, [ALERT])
        tell(workspace, [ALERT, Alert("batch:2", "held d02/sales.csv: far fewer rows", "…")])
    first, second = messages
    assert (first["To"], first["Subject"]) == ("night@example.com", f"Dealer360: {ALERT.subject}")
    assert "found: nothing" in first.get_content()  # type: ignore[attr-defined]
    assert "d02" in second["Subject"]


def test_a_web_hook_gets_subject_and_text_as_json(workspace: Workspace) -> None:
    with web_sink() as (url, taken):
        write_group(workspace, f"alerts: {{webhook: '{url}'}}\n")
        tell(workspace, [ALERT])
        tell(workspace, [ALERT])
    assert taken == [{"subject": ALERT.subject, "text": ALERT.text}]


def test_a_secret_url_of_the_environment_outranks_group_yml(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_sink() as (public, of_yaml), web_sink() as (secret, of_environment):
        write_group(workspace, f"alerts: {{webhook: '{public}'}}\n")
        monkeypatch.setenv("DEALER360_ALERT_WEBHOOK", secret)
        tell(workspace, [ALERT])
    assert (len(of_yaml), len(of_environment)) == (0, 1)


def test_a_channel_that_does_not_answer_is_tried_again(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with web_sink(status=500) as (url, taken):
        write_group(workspace, f"alerts: {{webhook: '{url}'}}\n")
        tell(workspace, [ALERT])
        tell(workspace, [ALERT])
    assert len(taken) == 2
    assert "could not be sent" in caplog.text
    assert url not in caplog.text


def test_people_are_told_although_the_warehouse_is_what_fails(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALER360_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    with web_sink() as (url, taken):
        write_group(workspace, f"alerts: {{webhook: '{url}'}}\n")
        tell(workspace, [alert_of_failure("ingest_dms.load_dealer [d01]", "no server")])
    assert [alert["subject"] for alert in taken] == ["failed ingest_dms.load_dealer [d01]: no server"]


def test_what_fails_for_the_same_reason_the_next_night_is_told_again_and_a_batch_is_not(workspace: Workspace) -> None:
    failed = FileOutcome("failed", "there is no landing/", "d01")
    alerts = [alert_of_failure("dealer360 run", "no server"), *alerts_of_files([failed]), ALERT]
    with web_sink() as (url, taken):
        write_group(workspace, f"alerts: {{webhook: '{url}'}}\n")
        for hours in (0, 2, 20):
            with connect(workspace) as connection:
                connection.execute("update ops.alerts set sent_at = sent_at - %s", (timedelta(hours=hours),))
            tell(workspace, alerts)
    subjects = [alert.subject for alert in alerts]
    assert [alert["subject"] for alert in taken] == [*subjects, *subjects[:2]]


def test_a_channel_that_does_not_answer_leaves_the_other_alone(workspace: Workspace) -> None:
    with mail_sink() as (mail, messages), web_sink(status=500) as (hook, taken):
        write_group(workspace, f"alerts: {{email_to: [night@example.com], smtp: '{mail}', webhook: '{hook}'}}\n")
        for _ in range(3):
            tell(workspace, [ALERT])
    assert (len(messages), len(taken)) == (1, 3)


def test_a_web_hook_that_answers_nonsense_fails_nothing(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with nonsense_server(b"what do you want?\r\n") as url:
        write_group(workspace, f"alerts: {{webhook: '{url}'}}\n")
        tell(workspace, [ALERT])
    assert "the web hook about" in caplog.text


@pytest.mark.parametrize(("host", "is_sent"), [("127.0.0.1", True), ("127.0.0.2", False)])
def test_a_password_is_sent_in_clear_to_the_own_machine_alone(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, host: str, is_sent: bool
) -> None:
    with mail_sink(host) as (url, messages):
        with_password = url.replace("//", "//night:secret@")
        write_group(workspace, f"alerts: {{email_to: [night@example.com], smtp: '{with_password}'}}\n")
        tell(workspace, [ALERT])
    assert bool(messages) == is_sent
    assert ("a mail server at 127.0.0.2 that offers no encryption" in caplog.text) != is_sent
    assert "secret" not in caplog.text


def test_a_refused_file_is_one_alert_and_a_loaded_one_none(workspace: Workspace) -> None:
    refused = FileOutcome(
        "refused", "no_rows: found none", "d01", source_file="d01/a.csv", batch_id="b1", error="all of it"
    )
    alerts = alerts_of_files([refused, FileOutcome("loaded", "5 read", "d01")])
    assert alerts == [Alert("batch:b1", "refused d01/a.csv: no_rows: found none", "all of it")]


def test_a_file_of_which_every_row_waits_is_an_alert_although_it_was_not_refused() -> None:
    counts = {"rows_read": 29, "rows_quarantined": 29}
    kept_out = FileOutcome("loaded", "29 read", "d01", source_file="d01/a.csv", batch_id="b1", counts=counts)
    some = replace(kept_out, counts={"rows_read": 29, "rows_quarantined": 28})
    (alert,) = alerts_of_files([kept_out, some, replace(kept_out, counts={"rows_read": 0, "rows_quarantined": 0})])
    assert (alert.key, alert.subject) == ("batch:b1", "all 29 rows of d01/a.csv wait in quarantine")


def zone_where_it_is(hour: int) -> str:
    """A time zone in which the clock stands at this hour: a due time of an hour before has passed there."""
    offset = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-offset:+d}"


def day_in(zone_hour: int) -> date:
    offset = (zone_hour - datetime.now(UTC).hour + 11) % 24 - 11
    return (datetime.now(UTC) + timedelta(hours=offset)).date()


FEED = """\
dealer_code: {dealer}
name: {dealer}
time_zone: {zone}
feeds:
  - source: dms
    entity: sales
    path: {dealer}/sales_{{date:%Y%m%d}}.csv
    delivery: delta
    {due}
    columns: {{source_id: id, sold_at: sold}}
"""


def deliver_on(
    workspace: Workspace, day: date, *, dealer: str = "d01", content: str = "id;sold\n1;2026-03-01\n"
) -> None:
    """The day's file, which arrived on its day."""
    deliver(workspace, f"{dealer}/sales_{day:%Y%m%d}.csv", content)
    arrived = (datetime.now(UTC) - timedelta(days=(day_in(12) - day).days)).timestamp() - 10
    os.utime(workspace.landing_dir / f"{dealer}/sales_{day:%Y%m%d}.csv", (arrived, arrived))


def late(workspace: Workspace) -> list[str]:
    load(workspace)
    return [alert.subject.split("/")[0] for alert in alerts_of_late_feeds(workspace)]


def test_a_feed_is_late_from_its_due_time_on_by_its_dealers_clock(workspace: Workspace) -> None:
    noon = zone_where_it_is(12)
    write_dealer(workspace, FEED.format(dealer="d01", zone=noon, due="due: '11:00'"), "d01")
    write_dealer(workspace, FEED.format(dealer="d02", zone=noon, due="due: '13:59'"), "d02")
    write_dealer(workspace, FEED.format(dealer="d03", zone=zone_where_it_is(10), due="due: '11:00'"), "d03")
    for dealer, hour in (("d01", 12), ("d02", 12), ("d03", 10)):
        deliver_on(workspace, day_in(hour) - timedelta(days=1), dealer=dealer)
    assert late(workspace) == ["late d01"]


def test_what_came_today_is_not_late_and_a_refused_file_has_not_come(workspace: Workspace) -> None:
    noon = zone_where_it_is(12)
    for dealer in ("d01", "d02"):
        write_dealer(workspace, FEED.format(dealer=dealer, zone=noon, due="due: '11:00'"), dealer)
    deliver_on(workspace, day_in(12), dealer="d01")
    deliver_on(workspace, day_in(12), dealer="d02", content="number;sold\n1;2026-03-01\n")
    assert late(workspace) == ["late d02"]


def test_the_same_file_sent_again_has_come(workspace: Workspace) -> None:
    write_dealer(workspace, FEED.format(dealer="d01", zone=zone_where_it_is(12), due="due: '11:00'"), "d01")
    deliver_on(workspace, day_in(12) - timedelta(days=1))
    assert late(workspace) == ["late d01"]
    deliver_on(workspace, day_in(12))
    assert late(workspace) == []


def test_who_looks_for_late_feeds_waits_for_no_load_and_no_load_for_him(workspace: Workspace) -> None:
    write_dealer(workspace, FEED.format(dealer="d01", zone=zone_where_it_is(12), due="due: '11:00'"), "d01")
    load(workspace)
    with connect(workspace) as publishing:
        publishing.execute("select ops.next_batch_seq()")
        with connect(workspace) as connection:
            connection.execute("set lock_timeout = 1")
            assert [feed.feed_id.split("/")[0] for feed in late_feeds(connection)] == ["d01"]
            publishing.execute("set local lock_timeout = 1")
            publishing.execute("select ops.next_batch_seq()")


def test_a_file_that_waits_for_the_next_load_has_come(workspace: Workspace) -> None:
    write_dealer(workspace, FEED.format(dealer="d01", zone=zone_where_it_is(12), due="due: '11:00'"), "d01")
    assert late(workspace) == ["late d01"]
    deliver_on(workspace, day_in(12))
    assert alerts_of_late_feeds(workspace) == []


def test_a_feed_that_never_came_is_told_only_where_a_due_time_is_set(workspace: Workspace) -> None:
    noon = zone_where_it_is(12)
    write_dealer(workspace, FEED.format(dealer="d01", zone=noon, due="due: '11:00'"), "d01")
    write_dealer(workspace, FEED.format(dealer="d02", zone=noon, due=""), "d02")
    assert late(workspace) == ["late d01"]


def test_a_feed_that_comes_every_week_rests_for_a_week(workspace: Workspace) -> None:
    write_dealer(workspace, FEED.format(dealer="d01", zone=zone_where_it_is(12), due="due: '11:00'"), "d01")
    today = day_in(12)
    for weeks in range(4):
        deliver_on(workspace, today - timedelta(days=6 + 7 * weeks), content=f"id;sold\n{weeks};2026-03-01\n")
    assert late(workspace) == []
    with connect(workspace) as connection:
        connection.execute(
            "update ops.batches set delivered_on = delivered_on - 1, arrived_at = arrived_at - interval '1 day'"
        )
    assert [alert.subject.split("/")[0] for alert in alerts_of_late_feeds(workspace)] == ["late d01"]
