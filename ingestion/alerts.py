"""What somebody must look at is told: a line in the log always; an e-mail, a web hook where group.yml names them.

The same thing is sent once, however often it is noticed. Telling never fails what it tells of.
"""

from __future__ import annotations

import json
import logging
import os
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from hashlib import sha256
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import psycopg

from ingestion.dealer_files import AlertChannels, read_configuration
from ingestion.discover import landing_paths
from ingestion.outcomes import FileOutcome
from warehouse.build_inputs import LateFeed, late_feeds
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

SMTP_VARIABLE = "DEALER360_SMTP_URL"
WEBHOOK_VARIABLE = "DEALER360_ALERT_WEBHOOK"
TIMEOUT_S = 20
LONGEST_SUBJECT = 180

log = logging.getLogger("dealer360.alerts")


@dataclass(frozen=True)
class Alert:
    """One thing that somebody must look at."""

    key: str  # the same key is sent once
    subject: str  # one line
    text: str  # all of it: where, found, expected, do


def alerts_of_files(outcomes: Iterable[FileOutcome]) -> list[Alert]:
    """An alert for every file that was refused or held, or could not be loaded."""
    return [
        Alert(
            key=f"batch:{outcome.batch_id}" if outcome.batch_id and outcome.status != "failed" else _key_of(outcome),
            subject=_short(f"{outcome.status} {outcome.source_file or outcome.dealer_code}: {outcome.message}"),
            text=outcome.error or outcome.message,
        )
        for outcome in outcomes
        if outcome.is_refusal
    ]


def alerts_of_late_feeds(workspace: Workspace) -> list[Alert]:
    """An alert for every feed whose delivery has not come although its due time, on the dealer's clock, has passed.

    A file that lies under landing/ and that no load has looked at yet has come.
    """
    with connect(workspace) as connection:
        late = late_feeds(connection)
        if late:
            unseen = _feeds_with_unseen_files(connection, workspace, late)
            late = [feed for feed in late if feed.feed_id not in unseen]
    return [
        Alert(f"late:{feed.feed_id}:{feed.expected_on}", f"late {feed.feed_id}: nothing for {feed.expected_on}", told)
        for feed in late
        for told in [_told_late(feed)]
    ]


def alert_of_build(build_id: int | None, sentences: Sequence[str]) -> Alert:
    """The alert for a build that was held: the gate refused it, and the marts of the build before stay."""
    told = "\n".join(f"  {sentence}" for sentence in sentences)
    return Alert(
        key=f"build:{build_id}",
        subject=f"held build {build_id}: the gate refuses it, the marts of the build before stay",
        text=f"Build {build_id} is not published. The gate says:\n{told}",
    )


def alert_of_failure(where: str, reason: str) -> Alert:
    """The alert for a task or a command that failed for good; of the same reason on the same day one."""
    told = f"{datetime.now(UTC):%Y-%m-%d}:{reason}"
    return Alert(
        key=f"failed:{where}:{sha256(told.encode()).hexdigest()[:16]}",
        subject=_short(f"failed {where}: {reason or 'no reason was given'}"),
        text=f"{where}\n{reason}",
    )


@contextmanager
def failures_told(workspace: Workspace, where: str) -> Iterator[None]:
    """Whatever ends the block by an error is told to people, and raised on.

    Args:
        workspace: whose people.
        where: what was being done, as the alert calls it.
    """
    try:
        yield
    except Dealer360Error as error:
        tell(workspace, [alert_of_failure(where, str(error))])
        raise
    except Exception as error:  # its own words may quote cells
        reason = (
            f"{type(error).__name__}: a reason that is not foreseen; the whole of it stands in the command's output"
        )
        tell(workspace, [alert_of_failure(where, reason)])
        raise


def tell(workspace: Workspace, alerts: Sequence[Alert]) -> None:
    """Every alert is a line in the log and in the workspace's logs/alerts.log; what is new also goes to people.

    A channel that does not answer is told in the log, and tried again with the next call.
    """
    if not alerts:
        return
    for alert in alerts:
        log.error("ALERT %s", alert.subject)
    _write_lines(workspace, alerts)
    try:
        channels = channels_of(workspace)
    except Dealer360Error:
        return  # group.yml has mistakes, of which every command tells
    if channels.webhook is None and not (channels.smtp and channels.email_to):
        return
    try:
        with connect(workspace, autocommit=True) as connection:
            for alert in alerts:
                _send_once(connection, channels, alert)
    except (Dealer360Error, psycopg.Error) as error:
        # The warehouse itself may be what is wrong: then it is better to tell twice than not at all.
        log.warning("the alerts are sent although nobody can note it: %s", error)
        for alert in alerts:
            _send(channels, alert)


def channels_of(workspace: Workspace) -> AlertChannels:
    """What group.yml says under `alerts`, and what the environment says above it.

    Raises:
        InvalidSettings: group.yml cannot be read.
    """
    given = read_configuration(workspace).group.alerts
    smtp, webhook = os.environ.get(SMTP_VARIABLE), os.environ.get(WEBHOOK_VARIABLE)
    return replace(given, smtp=smtp or given.smtp, webhook=webhook or given.webhook)


def _told_late(feed: LateFeed) -> str:
    found = f"the last delivery on {feed.last_came_on}" if feed.last_came_on else "no delivery ever"
    by = f"{feed.due:%H:%M} on the dealer's clock" if feed.due else "the hour of the build"
    return (
        f"{feed.feed_id}\n"
        f"  found:    {found}\n"
        f"  expected: one for {feed.expected_on}, by {by}\n"
        "  do:       Ask the dealer to send it. The data loaded before stay, and show their age in rpt_freshness."
    )


def _feeds_with_unseen_files(
    connection: psycopg.Connection, workspace: Workspace, late: Sequence[LateFeed]
) -> frozenset[str]:
    seen = {
        (feed_id, source_file)
        for feed_id, source_file in connection.execute(
            "select distinct feed_id, source_file from ops.batches where feed_id = any(%s)",
            ([feed.feed_id for feed in late],),
        )
    }
    expected = {feed.feed_id: feed.expected_on for feed in late}
    paths = landing_paths(workspace)
    return frozenset(
        feed.feed_id
        for feed in read_configuration(workspace).feeds
        if feed.feed_id in expected
        for path in paths
        if feed.pattern.match(path)
        and (feed.feed_id, path) not in seen
        and (feed.pattern.date_in(path) or expected[feed.feed_id]) >= expected[feed.feed_id]
    )


def _short(text: str) -> str:
    """One line that fits a subject."""
    line = text.splitlines()[0]
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _key_of(outcome: FileOutcome) -> str:
    told = f"{outcome.feed_id or outcome.dealer_code}:{outcome.source_file}:{outcome.error or outcome.message}"
    return f"file:{sha256(told.encode()).hexdigest()[:32]}"


def _write_lines(workspace: Workspace, alerts: Sequence[Alert]) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        workspace.logs_dir.mkdir(parents=True, exist_ok=True)
        with (workspace.logs_dir / "alerts.log").open("a", encoding="utf-8") as stream:
            stream.writelines(f"{now} {' '.join(alert.subject.split())}\n" for alert in alerts)
    except OSError as error:
        log.warning("logs/alerts.log could not be written: %s", error)


def _send_once(connection: psycopg.Connection, channels: AlertChannels, alert: Alert) -> None:
    with connection.transaction():
        is_new = connection.execute(
            "insert into ops.alerts (alert_key, subject) values (%s, %s) on conflict do nothing returning alert_key",
            (alert.key, alert.subject),
        ).fetchone()
        # Two that notice it at once: the second waits here for the first, and then finds it told.
        if is_new is not None and not _send(channels, alert):
            raise psycopg.Rollback


def _send(channels: AlertChannels, alert: Alert) -> bool:
    """Whether every channel took the alert."""
    is_sent = True
    for name, send, is_wanted in (
        ("e-mail", _send_email, bool(channels.smtp and channels.email_to)),
        ("web hook", _post, channels.webhook is not None),
    ):
        if not is_wanted:
            continue
        try:
            send(channels, alert)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            log.warning("the %s about `%s` could not be sent: %s", name, alert.subject, type(error).__name__)
            is_sent = False
    return is_sent


def _send_email(channels: AlertChannels, alert: Alert) -> None:
    url = urlsplit(str(channels.smtp))
    message = EmailMessage()
    message["Subject"] = f"Dealer360: {alert.subject}"
    message["From"] = channels.email_from or channels.email_to[0]
    message["To"] = ", ".join(channels.email_to)
    message.set_content(alert.text)
    host = url.hostname or "localhost"
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_S)
    with server:
        server.ehlo()
        if url.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _post(channels: AlertChannels, alert: Alert) -> None:
    url = str(channels.webhook)
    if not url.startswith(("http://", "https://")):
        raise ValueError("a web hook is http:// or https://")
    body = json.dumps({"subject": alert.subject, "text": alert.text}, ensure_ascii=False).encode()
    request = Request(url, data=body, headers={"Content-Type": "application/json; charset=utf-8"})  # noqa: S310
    with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - the scheme is looked at above
        pass
