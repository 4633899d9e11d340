"""What somebody must look at is told: a line in the log always; an e-mail, a web hook where group.yml names them.

The same thing is sent once, however often it is noticed; what goes away and comes again is sent again the next night.
Telling never fails what it tells of.
"""

from __future__ import annotations

import json
import logging
import os
import smtplib
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
AGAIN_AFTER = timedelta(hours=12)
"""Less than from one night to the next, more than any night."""
LONGEST_SUBJECT = 180
OWN_MACHINE = ("localhost", "127.0.0.1", "::1")

log = logging.getLogger("dealer360.alerts")


class UnusableChannel(Dealer360Error):
    """A channel that is set up so that nothing may be sent by it."""


@dataclass(frozen=True)
class Alert:
    """One thing that somebody must look at."""

    key: str  # the same key is sent once
    subject: str  # one line
    text: str  # all of it: where, found, expected, do
    may_recur: bool = False  # the same key is sent again when it was last sent longer ago than AGAIN_AFTER


_Send = Callable[[AlertChannels, Alert], None]


def alerts_of_files(outcomes: Iterable[FileOutcome]) -> list[Alert]:
    """An alert for every file that was refused or held, could not be loaded, or of which every row waits."""
    alerts = []
    for outcome in outcomes:
        if outcome.is_kept_out_whole and outcome.batch_id is not None:
            text = f"all {outcome.counts['rows_read']:,} rows of {outcome.source_file} wait in quarantine"
            told = f"{text}.\n`dealer360 quarantine list` says why, batch {outcome.batch_id}."
            alerts.append(Alert(key=f"batch:{outcome.batch_id}", subject=_short(text), text=told))
        if outcome.is_refusal:
            is_kept = outcome.batch_id is not None and outcome.status != "failed"
            alerts.append(
                Alert(
                    key=f"batch:{outcome.batch_id}" if is_kept else _key_of(outcome),
                    subject=_short(f"{outcome.status} {outcome.source_file or outcome.dealer_code}: {outcome.message}"),
                    text=outcome.error or outcome.message,
                    may_recur=not is_kept,
                )
            )
    return alerts


def alerts_of_late_feeds(workspace: Workspace) -> list[Alert]:
    """An alert for every feed whose delivery has not come although its due time, on the dealer's clock, has passed.

    A file that lies under landing/ and that no load has looked at yet has come.
    """
    with connect(workspace) as connection:
        late = late_feeds(connection)
        seen = _files_seen(connection, late)
    if late:  # no transaction is open while a share that hangs is looked through
        unseen = _feeds_with_unseen_files(workspace, late, seen)
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
    """The alert for a task or a command that failed for good; of the same reason one a night."""
    return Alert(
        key=f"failed:{where}:{sha256(reason.encode()).hexdigest()[:16]}",
        subject=_short(f"failed {where}: {reason or 'no reason was given'}"),
        text=f"{where}\n{reason}",
        may_recur=True,
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
    except Exception as error:
        tell(workspace, [alert_of_failure(where, reason_of(error, "the command's output"))])
        raise


def reason_of(error: BaseException, whole_stands_in: str) -> str:
    """What may be told of an error: all of one of ours, of another its kind, because its words may quote cells.

    Args:
        error: what was raised.
        whole_stands_in: where whoever is told finds the rest.
    """
    if isinstance(error, Dealer360Error):
        return str(error)
    return f"{type(error).__name__}: a reason that is not foreseen; the whole of it stands in {whole_stands_in}"


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
            for name, send in _wanted(channels):
                _is_sent(name, send, channels, alert)


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


def _files_seen(connection: psycopg.Connection, feeds: Sequence[LateFeed]) -> frozenset[tuple[str, str]]:
    rows = connection.execute(
        "select distinct feed_id, source_file from ops.batches where feed_id = any(%s)",
        ([feed.feed_id for feed in feeds],),
    )
    return frozenset((feed_id, source_file) for feed_id, source_file in rows)


def _feeds_with_unseen_files(
    workspace: Workspace, late: Sequence[LateFeed], seen: frozenset[tuple[str, str]]
) -> frozenset[str]:
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
        with (workspace.logs_dir / "alerts.log").open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.writelines(f"{now} {' '.join(alert.subject.split())}\n" for alert in alerts)
    except OSError as error:
        log.warning("logs/alerts.log could not be written: %s", error)


def _send_once(connection: psycopg.Connection, channels: AlertChannels, alert: Alert) -> None:
    for name, send in _wanted(channels):
        with connection.transaction():
            is_new = connection.execute(
                """
                insert into ops.alerts (alert_key, channel, subject) values (%(key)s, %(channel)s, %(subject)s)
                on conflict (alert_key, channel) do update set sent_at = clock_timestamp(), subject = excluded.subject
                where %(may_recur)s and alerts.sent_at < clock_timestamp() - %(again_after)s
                returning alert_key
                """,
                {
                    "key": alert.key,
                    "channel": name,
                    "subject": alert.subject,
                    "may_recur": alert.may_recur,
                    "again_after": AGAIN_AFTER,
                },
            ).fetchone()
            # Two that notice it at once: the second waits here for the first, and then finds it told.
            if is_new is not None and not _is_sent(name, send, channels, alert):
                raise psycopg.Rollback


def _wanted(channels: AlertChannels) -> Iterator[tuple[str, _Send]]:
    if channels.smtp and channels.email_to:
        yield "e-mail", _send_email
    if channels.webhook is not None:
        yield "web hook", _post


def _is_sent(name: str, send: _Send, channels: AlertChannels, alert: Alert) -> bool:
    try:
        send(channels, alert)
    except Exception as error:  # whatever a channel does, the load and the other channels go on
        # Another library's words may hold the URL, and with it a secret.
        told = error.found if isinstance(error, UnusableChannel) else type(error).__name__
        log.warning("the %s about `%s` could not be sent: %s", name, alert.subject, told)
        return False
    return True


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
        is_encrypted = url.scheme == "smtps"
        if not is_encrypted and server.has_extn("starttls"):
            server.starttls(context=context)
            is_encrypted = True
        if url.username:
            if not is_encrypted and host not in OWN_MACHINE:
                raise UnusableChannel(
                    "the e-mail of alerts",
                    found=f"a mail server at {host} that offers no encryption (STARTTLS), and a password for it",
                    expected="smtps://, a server that offers STARTTLS, or no password",
                    do="Correct `smtp` under `alerts` in group.yml, or DEALER360_SMTP_URL. No password was sent.",
                )
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _post(channels: AlertChannels, alert: Alert) -> None:
    url = str(channels.webhook)
    if not url.startswith(("http://", "https://")):
        raise UnusableChannel(
            "the web hook of alerts",
            found="an address that begins with neither http:// nor https://",
            expected="https://…",
            do="Correct `webhook` under `alerts` in group.yml, or DEALER360_ALERT_WEBHOOK. Nothing was sent.",
        )
    body = json.dumps({"subject": alert.subject, "text": alert.text}, ensure_ascii=False).encode()
    request = Request(url, data=body, headers={"Content-Type": "application/json; charset=utf-8"})  # noqa: S310
    with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - the scheme is looked at above
        pass
