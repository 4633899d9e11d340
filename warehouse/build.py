"""One build of the warehouse, from fixing what it may see to publishing it.

`build` does all of it. A scheduler that runs every part as a task of its own calls the parts instead:

    opened = open_build(workspace, holder="airflow:<run id>")
    if opened.build_id is not None:
        for layer in LAYERS:                                # each in a process of its own, if need be
            with holding_build(workspace, opened.build_id, holder="airflow:<run id>"):
                run_layer(workspace, opened.build_id, layer)
        ... the same with judge_marts and publish_marts; fail_build when a part failed for good

There is one build at a time. Who holds it is known by a session's advisory lock, which dies with its process: a dead
build is ended by the next one, at once. Between the tasks of a scheduler nobody holds the lock: there a lease counts.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import ClassVar, Literal

import psycopg

from expectations.report import write_report
from expectations.verdict import Finding
from warehouse.build_inputs import fix_inputs
from warehouse.database import connect, database_url
from warehouse.errors import Dealer360Error
from warehouse.match_models import load_active_model
from warehouse.preview_identity import IdentityChanges, preview_identity
from warehouse.publish import Progress, PublishOutcome, publish, session_name
from warehouse.run_dbt import LAYERS, code_version, dbt_environment, run_dbt, seed_tables
from warehouse.settings import Workspace

__all__ = [
    "LAYERS",
    "AnotherBuildRuns",
    "BuildNotHeld",
    "BuildOutcome",
    "JumpAllowed",
    "OpenedBuild",
    "are_seeds_kept",
    "build",
    "dbt_environment",
    "end_dead_build",
    "fail_build",
    "holding_build",
    "judge_marts",
    "open_build",
    "publish_marts",
    "run_layer",
]

_SCHEDULER = "airflow:"
_LEASE = "5 minutes"
"""How long a scheduler may take between two tasks of a build, retries included, before another build may end it."""


class AnotherBuildRuns(Dealer360Error):
    """Somebody else's build is running."""

    is_transient: ClassVar[bool] = True


class BuildNotHeld(Dealer360Error):
    """The build is not this holder's any more, or it has ended."""


@dataclass(frozen=True)
class OpenedBuild:
    """A build that may start: `build_id` is None when there is nothing to build, and `reason` says why."""

    build_id: int | None
    horizon: int
    as_of_date: date
    reason: str


@dataclass(frozen=True)
class BuildOutcome:
    """What became of a build.

    `parts` are seconds; `findings` are the gate's rules that did not hold; `identity_changes` is what a dry run, or a
    build refused for a jump, would have changed about customers' ids.
    """

    status: Literal["published", "nothing new", "refused", "dry run"]
    build_id: int | None
    horizon: int
    as_of_date: date
    reason: str
    findings: tuple[Finding, ...] = ()
    published: PublishOutcome | None = None
    identity_changes: IdentityChanges | None = None
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class JumpAllowed:
    """Who lets a build move more customers than the group allows, and why."""

    by: str
    because: str


def build(
    workspace: Workspace,
    *,
    full_refresh: bool = False,
    dry_run: bool = False,
    jump_allowed: JumpAllowed | None = None,
    progress: Progress | None = None,
) -> BuildOutcome:
    """Build the marts of everything loaded so far, judge them, and publish them.

    Args:
        workspace: whose warehouse.
        full_refresh: build even when nothing is new, make incremental models anew, and allow marts to change the types
            of their columns.
        dry_run: build and judge, tell what would change about customers' ids, and publish nothing.
        jump_allowed: publish even when more customers were merged or split than the group allows.
        progress: called with what is being done, how many are done, of how many.

    Raises:
        AnotherBuildRuns: there is one build at a time.
        UnknownMatchModel, MatchModelUnreadable: group.yml names a model that cannot be used.
        DbtFailed, and publish's errors: the build is over, what was published before stays.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    with connect(workspace, autocommit=True) as session:
        opened = _open(session, workspace, holder, full_refresh, jump_allowed)
        build_id = opened.build_id
        if build_id is None:
            return BuildOutcome("nothing new", None, opened.horizon, opened.as_of_date, opened.reason)
        try:
            run_layer(workspace, build_id, None, progress=progress)
            findings = _judge(workspace, build_id, progress)
            is_refused = _is_refused(findings)
            published = changes = None
            if dry_run or any(finding.rule_code == "consolidation_jump" for finding in findings):
                changes = preview_identity(session, build_id)  # before it ends: the next build overwrites its tables
            if is_refused:
                _refuse(workspace, build_id, findings)
            elif dry_run:
                _end(session, build_id, "dry_run", "Nothing was published: it was a dry run.")
            else:
                published = publish_marts(workspace, build_id, progress=progress)
        except BaseException as error:
            with suppress(psycopg.Error):
                _end(session, build_id, "failed", _reason(error))
            raise
        return BuildOutcome(
            "published" if published else "refused" if is_refused else "dry run",
            build_id,
            opened.horizon,
            opened.as_of_date,
            _sentence(findings),
            findings,
            published,
            changes,
            _parts(session, build_id),
        )


def open_build(workspace: Workspace, *, holder: str, full_refresh: bool = False) -> OpenedBuild:
    """Begin a build, or go on with the one that this holder has begun: fix its horizon and its day.

    Args:
        workspace: whose warehouse.
        holder: who builds; a scheduler's begins with `airflow:`, and the same one may come back for its build.
        full_refresh: build even when nothing is new, and make everything anew.

    Raises:
        AnotherBuildRuns: there is one build at a time.
        UnknownMatchModel, MatchModelUnreadable: group.yml names a model that cannot be used.
    """
    with connect(workspace, autocommit=True) as session:
        return _open(session, workspace, holder, full_refresh, None)


@contextmanager
def holding_build(workspace: Workspace, build_id: int, *, holder: str) -> Iterator[None]:
    """While the block runs, nobody ends this build, and no other process works on it.

    Raises:
        BuildNotHeld: it has ended, or belongs to somebody else.
        AnotherBuildRuns: another process of the same holder is at it.
    """
    with connect(workspace, autocommit=True) as session:
        if not _try_lock(session, build_id):
            raise AnotherBuildRuns(
                f"build {build_id}",
                found="another process works on it",
                expected="one process at a time",
                do="wait until that one has ended; nothing was changed",
            )
        row = session.execute("select status, holder from ops.builds where build_id = %s", [build_id]).fetchone()
        if row is None or row[0] not in ("running", "published") or row[1] != holder:
            raise BuildNotHeld(
                f"build {build_id}",
                found=f"status {row[0]}, held by {row[1]}" if row else "no such build",
                expected=f"status running, held by {holder}",
                do="start another build; what was published before stays",
            )
        _touch(session, build_id)
        yield
        _touch(session, build_id)


def run_layer(workspace: Workspace, build_id: int, layer: str | None, *, progress: Progress | None = None) -> None:
    """Run dbt for one of LAYERS, or for all of them at once.

    Raises:
        DbtFailed, DbtLostConnection.
    """
    started = time.monotonic()
    with connect(workspace, autocommit=True) as session:
        row = session.execute("select is_full_refresh from ops.builds where build_id = %s", [build_id]).fetchone()
        is_full_refresh = row is not None and row[0]
        done = run_dbt(
            workspace,
            build_id,
            layer,
            is_full_refresh=is_full_refresh,
            are_seeds_kept=not is_full_refresh and are_seeds_kept(session, build_id),
            progress=progress,
        )
        _note_part(session, build_id, f"dbt {layer}" if layer else "dbt", time.monotonic() - started)
        for part, seconds in done.seconds_by_layer.items():
            if layer is None:
                _note_part(session, build_id, f"dbt {part}", seconds)


def are_seeds_kept(session: psycopg.Connection, build_id: int) -> bool:
    """Whether the seeds stand in schema `build` as this build would load them.

    They are part of the code: so they do when the build before came to its end with the same code.
    """
    row = session.execute(
        """
        select
            code_version = %s and status <> 'failed'
            and %s <@ array(select cast(tablename as text) from pg_tables where schemaname = 'build')
        from ops.builds
        where build_id < %s
        order by build_id desc
        limit 1
        """,
        [code_version(), seed_tables(), build_id],
    ).fetchone()
    return row is not None and row[0] is True


def judge_marts(workspace: Workspace, build_id: int, *, progress: Progress | None = None) -> tuple[Finding, ...]:
    """Judge the built marts; gives the rules that did not hold. The build ends as refused when one of them refuses."""
    findings = _judge(workspace, build_id, progress)
    if _is_refused(findings):
        _refuse(workspace, build_id, findings)
    return findings


def _judge(workspace: Workspace, build_id: int, progress: Progress | None) -> tuple[Finding, ...]:
    # Great Expectations takes three seconds to import: a command that builds nothing should not wait for it.
    from expectations.gate import judge_build, record

    started = time.monotonic()
    if progress:
        progress("judging the marts", 0, 0)
    verdict = judge_build(database_url(workspace), build_id=build_id)
    findings = tuple(finding for finding in verdict.findings if not finding.is_success)
    with connect(workspace) as connection:
        connection.execute("delete from ops.checks where build_id = %s", [build_id])
        record(connection, verdict, suite="marts", build_id=build_id)
        _note_part(connection, build_id, "gate", time.monotonic() - started)
    return findings


def _refuse(workspace: Workspace, build_id: int, findings: tuple[Finding, ...]) -> None:
    with connect(workspace) as connection:
        _end(connection, build_id, "refused", _sentence(findings))
    _write_page(workspace, build_id)


def publish_marts(workspace: Workspace, build_id: int, *, progress: Progress | None = None) -> PublishOutcome:
    """Make the build what `marts` shows; see warehouse.publish."""
    started = time.monotonic()
    outcome = publish(workspace, build_id, progress=progress)
    with connect(workspace) as connection:
        _note_part(connection, build_id, "publish", time.monotonic() - started)
    _write_page(workspace, build_id)
    return outcome


def fail_build(workspace: Workspace, build_id: int, reason: str) -> None:
    """End a build that a part of has failed for good; one that has ended already stays as it is."""
    with connect(workspace) as connection:
        _end(connection, build_id, "failed", reason)


def end_dead_build(session: psycopg.Connection) -> None:
    """End the running build if nobody holds it any more, and whatever it left running in the server.

    Raises:
        AnotherBuildRuns: somebody holds it.
    """
    row = session.execute(
        """
        select build_id, holder, started_at, touched_at + cast(%s as interval), clock_timestamp()
        from ops.builds
        where status = 'running'
        """,
        [_LEASE],
    ).fetchone()
    if row is None:
        return
    build_id, holder, started_at, lease_ends_at, now = row
    is_held = not _try_lock(session, build_id)
    if not is_held:
        session.execute("select pg_advisory_unlock(hashtext('dealer360 build'), %s)", [build_id])
    if is_held or (holder.startswith(_SCHEDULER) and lease_ends_at > now):
        over_at = f"{lease_ends_at.astimezone(UTC):%H:%M:%S} UTC"
        wait = "" if is_held else f"; if it is given up, its time is over at {over_at}"
        raise AnotherBuildRuns(
            f"build {build_id}",
            found=f"{holder} has been building since {started_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            expected="one build at a time",
            do=f"wait until it has ended{wait}; nothing was changed",
        )
    _end_sessions(session, build_id)
    _end(session, build_id, "failed", f"{holder} ended in the middle of it")


def _write_page(workspace: Workspace, build_id: int) -> None:
    """The page of the night; a full disk does not undo what was published or refused."""
    with suppress(OSError), connect(workspace) as connection:
        write_report(connection, workspace.quality_docs_dir, build_id=build_id)


def _open(
    session: psycopg.Connection,
    workspace: Workspace,
    holder: str,
    full_refresh: bool,
    jump_allowed: JumpAllowed | None,
) -> OpenedBuild:
    """As `open_build`; `session` holds the build's lock from the moment that others see the build."""
    with session.transaction():
        session.execute("select pg_advisory_xact_lock(hashtext('dealer360 open build'))")
        if resumed := _resumed(session, holder):
            return resumed
        end_dead_build(session)
        load_active_model(session, workspace)
        inputs = fix_inputs(session)
        horizon, as_of_date = inputs.horizon, inputs.as_of_date
        same = (horizon, as_of_date, inputs.identity_version, inputs.settings_hash, code_version())
        if horizon == 0:
            return OpenedBuild(None, horizon, as_of_date, "Nothing is loaded yet.")
        if not full_refresh and (reason := _why_nothing_is_new(session, same)):
            return OpenedBuild(None, horizon, as_of_date, reason)
        row = session.execute(
            """
            insert into ops.builds (
                status, horizon, as_of_date, identity_version, settings_hash, code_version, holder, is_full_refresh,
                judged_at, jump_allowed_by, jump_allowed_because, follows_build_id
            )
            select 'running', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, build_id
            from ops.live
            returning build_id
            """,
            [
                *(*same, holder, full_refresh, inputs.judged_at),
                *((jump_allowed.by, jump_allowed.because) if jump_allowed else (None, None)),
            ],
        ).fetchone()
        build_id: int = row[0] if row else 0
        _try_lock(session, build_id)
        session.execute(
            """
            update ops.current_build as current
            set build_id = builds.build_id, horizon = builds.horizon, as_of_date = builds.as_of_date,
                identity_version = builds.identity_version, started_at = builds.started_at,
                judged_at = builds.judged_at
            from ops.builds as builds
            where builds.build_id = %s
            """,
            [build_id],
        )
    return OpenedBuild(build_id, horizon, as_of_date, "")


def _resumed(session: psycopg.Connection, holder: str) -> OpenedBuild | None:
    """The running build of a scheduler's run that comes back for it."""
    row = session.execute(
        "select build_id, horizon, as_of_date from ops.builds where status = 'running' and holder = %s", [holder]
    ).fetchone()
    if row is None or not holder.startswith(_SCHEDULER):
        return None
    _touch(session, row[0])
    return OpenedBuild(row[0], row[1], row[2], "")


def _why_nothing_is_new(session: psycopg.Connection, same: tuple[object, ...]) -> str | None:
    """A sentence when the live build, or one that was taken back since, was built of the same."""
    row = session.execute(
        """
        select builds.build_id, builds.status
        from ops.builds as builds
        inner join ops.live as live
            on builds.build_id = live.build_id or (builds.status = 'rolled_back' and builds.build_id > live.build_id)
        where
            builds.horizon = %s and builds.as_of_date = %s and builds.identity_version = %s
            and builds.settings_hash = %s and builds.code_version = %s
        order by builds.build_id desc
        limit 1
        """,
        same,
    ).fetchone()
    if row is None:
        return None
    if row[1] == "rolled_back":
        return (
            f"Build {row[0]} of the same data was rolled back; it is built again when something changes, "
            "or by `dealer360 build --full-refresh`."
        )
    return f"Build {row[0]} is live and shows everything that was loaded."


def _try_lock(session: psycopg.Connection, build_id: int) -> bool:
    row = session.execute("select pg_try_advisory_lock(hashtext('dealer360 build'), %s)", [build_id]).fetchone()
    return row is not None and row[0] is True


def _end_sessions(session: psycopg.Connection, build_id: int) -> None:
    """End what a dead process left running in the server: a statement goes on for a while without its client."""
    with session.transaction():
        # The sessions belong to the user who connects, which the owner's role need not be a member of.
        session.execute("set local role none")
        session.execute(
            """
            select pg_terminate_backend(pid, 10000)
            from pg_stat_activity
            where application_name = %s and datname = current_database() and pid <> pg_backend_pid()
            """,
            [session_name(build_id)],
        )
        session.execute("set local role dealer360_owner")


def _end(session: psycopg.Connection, build_id: int, status: str, reason: str) -> None:
    session.execute(
        """
        update ops.builds
        set status = %s, reason = %s, finished_at = clock_timestamp()
        where build_id = %s and status = 'running'
        """,
        [status, reason, build_id],
    )


def _touch(session: psycopg.Connection, build_id: int) -> None:
    session.execute("update ops.builds set touched_at = clock_timestamp() where build_id = %s", [build_id])


def _note_part(session: psycopg.Connection, build_id: int, part: str, seconds: float) -> None:
    session.execute(
        """
        update ops.builds
        set parts = parts || jsonb_build_object(cast(%s as text), round(cast(%s as numeric), 3)),
            touched_at = clock_timestamp()
        where build_id = %s
        """,
        [part, seconds, build_id],
    )


def _parts(session: psycopg.Connection, build_id: int) -> dict[str, float]:
    row = session.execute("select parts from ops.builds where build_id = %s", [build_id]).fetchone()
    return dict(row[0]) if row else {}


def _is_refused(findings: tuple[Finding, ...]) -> bool:
    return any(finding.action == "refuse" for finding in findings)


def _sentence(findings: tuple[Finding, ...]) -> str:
    return " ".join(finding.sentence for finding in findings if finding.action == "refuse")


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
