"""Back to the build before: the other slot still holds it whole."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from warehouse.build import end_dead_build
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.publish_identity import withdraw_identity
from warehouse.settings import Workspace


class NothingToRollBackTo(Dealer360Error):
    """The other slot does not hold a published build."""


class ErasedSince(Dealer360Error):
    """Rows were erased from raw that the build before still shows."""


@dataclass(frozen=True)
class RollbackOutcome:
    """The build that was taken back and the one that `marts` shows now."""

    withdrawn_build_id: int
    live_build_id: int
    slot: str


def rollback(workspace: Workspace, *, erased_allowed: bool = False) -> RollbackOutcome:
    """Show the build before again, with the customers' ids as they were then, in one transaction.

    The same data are not built again by themselves: only something new, or `build --full-refresh`, makes another build.

    Args:
        workspace: whose marts.
        erased_allowed: roll back though rows were erased from raw since; the people in them are shown again until the
            next build.

    Raises:
        AnotherBuildRuns: a build is running; it would be published over what is restored.
        ErasedSince: rows were erased from raw since the build before began, and `erased_allowed` was not given.
        NothingToRollBackTo: there is one published build only, or the one before was taken back already.
    """
    with connect(workspace, autocommit=True) as connection:
        end_dead_build(connection)
        with connection.transaction():
            live_build_id, slot, previous_build_id = _previous(connection)
            if not erased_allowed:
                _check_nothing_erased(connection, previous_build_id)
            withdraw_identity(connection, live_build_id)
            connection.execute("update ops.live set slot = %s, build_id = %s", [slot, previous_build_id])
            connection.execute("update ops.builds set status = 'rolled_back' where build_id = %s", [live_build_id])
        return RollbackOutcome(withdrawn_build_id=live_build_id, live_build_id=previous_build_id, slot=slot)


def _previous(connection: psycopg.Connection) -> tuple[int, str, int]:
    """The live build, the other slot, and the build in it, with the pointer locked against publishing."""
    live = connection.execute("select slot, build_id from ops.live for update").fetchone()
    if live is None or live[1] is None:
        raise _nothing("nothing was published yet")
    other = connection.execute(
        """
        select slots.slot, slots.state, builds.build_id, builds.status
        from ops.slots as slots
        left join ops.builds as builds on builds.build_id = slots.build_id
        where slots.slot <> %s
        """,
        [live[0]],
    ).fetchone()
    if other is None or other[1] != "complete":
        raise _nothing(f"build {live[1]} is live, and slot {other[0] if other else '?'} holds no whole build")
    if other[3] != "published":
        raise _nothing(f"build {live[1]} is live, and build {other[2]} in the other slot was rolled back already")
    return live[1], other[0], other[2]


def _check_nothing_erased(connection: psycopg.Connection, build_id: int) -> None:
    """Whoever was erased from raw since the build began may stand in its marts (docs/decisions/0018)."""
    erased = connection.execute(
        """
        select
            string_agg(distinct 'raw.' || lost.table_name, ', '),
            min(lost.happened_at at time zone 'UTC'),
            max(builds.started_at at time zone 'UTC')
        from (
            select table_name, happened_at, row_number() over (order by loss_id) as number from ops.raw_rows_lost
        ) as lost
        inner join ops.builds as builds on lost.number > builds.rows_lost_before
        where builds.build_id = %s
        """,
        [build_id],
    ).fetchone()
    if erased is None or erased[0] is None:
        return
    tables, erased_at, began_at = erased
    raise ErasedSince(
        f"build {build_id}, in the other slot",
        found=f"rows of {tables} were erased or changed by hand since {erased_at:%Y-%m-%d %H:%M} UTC,"
        f" and that build began at {began_at:%Y-%m-%d %H:%M} UTC",
        expected="a build that shows nobody who has been erased",
        do="mend what is wrong and run `dealer360 build`, which leaves them out; or, where none of them asked to be"
        " forgotten, `dealer360 rollback --with-erased`; the marts stay as they are",
    )


def _nothing(found: str) -> NothingToRollBackTo:
    return NothingToRollBackTo(
        "schema marts",
        found=found,
        expected="a published build in the other slot",
        do="run `dealer360 build` when there is something new; the marts stay as they are",
    )
