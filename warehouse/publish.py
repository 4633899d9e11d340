"""Making a build what everybody sees: the idle slot is brought up to it, then one updated row switches every mart.

All of it is one transaction: rows of the idle slot, the customers' ids, and the pointer `ops.live`. Whatever happens
before its commit leaves nothing behind, and the build before stays published and complete in its slot. The idle slot
is changed by DELETE and INSERT alone, of rows that differ, which no reader has to wait for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.mart_comments import bring_up_comments
from warehouse.mart_tables import (
    MartTable,
    add_new_columns,
    create_tables,
    drop_tables,
    ensure_indexes,
    read_tables,
    refuse_reshaped,
    reshaped_tables,
    slot_table,
)
from warehouse.publish_identity import publish_identity
from warehouse.settings import Workspace

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, of how many."""

_WORK_MEM = "256MB"
_RESHAPE_LOCK_TIMEOUT = "30s"


class BuildNotPublishable(Dealer360Error):
    """The build is not in a state to be published: it was ended, taken over, or another one is live already."""


class NothingToPublish(Dealer360Error):
    """Schema build holds no table for readers."""


@dataclass(frozen=True)
class MartChange:
    """How many rows of one mart's slot were taken out and put in; a changed row is both."""

    rows_out: int
    rows_in: int


@dataclass(frozen=True)
class PublishOutcome:
    """What a publish did: the slot that is live now, and per mart what had to change in it.

    The slot held the last build but one, so these are the changes of two builds. `emptied` are marts that the build no
    longer makes: their views stay, so that no dashboard breaks, and show no rows.
    """

    build_id: int
    slot: str
    changes: dict[str, MartChange] = field(default_factory=dict)
    emptied: tuple[str, ...] = ()


def publish(workspace: Workspace, build_id: int, *, progress: Progress | None = None) -> PublishOutcome:
    """Make the build in schema `build` the one that `marts` shows. Doing it again changes nothing.

    Raises:
        BuildNotPublishable: the build is not running any more.
        NothingToPublish: there are no tables for readers.
        MartWithoutKey, MartReshaped, MartsBusy: see warehouse.mart_tables.
    """
    with connect(workspace, autocommit=True) as connection:
        connection.execute("select set_config('application_name', %s, false)", [session_name(build_id)])
        if published := _published_outcome(connection, build_id):
            return published
        built = read_tables(connection, "build")
        held = read_tables(connection, "slot_a")
        if not built:
            raise NothingToPublish(
                f"build {build_id}",
                found="no table in schema build whose name begins with dim_, fct_, bridge_, mart_ or rpt_",
                expected="the marts",
                do="run `dealer360 build`; what was published before stays",
            )
        reshaped = reshaped_tables(built, held)
        if not _is_full_refresh(connection, build_id):
            refuse_reshaped(reshaped, built, held)
        unchanged_shapes = {name: table for name, table in built.items() if name not in reshaped}
        add_new_columns(connection, unchanged_shapes, held)
        with connection.transaction():
            connection.execute(sql.SQL("set local work_mem = {}").format(sql.Literal(_WORK_MEM)))
            slot = _claim_idle_slot(connection, build_id)
            outcome = _fill(connection, slot, build_id, unchanged_shapes, progress)
            publish_identity(connection, build_id)
            outcome.changes.update(_remake(connection, slot, [built[name] for name in reshaped]))
            bring_up_comments(connection)
            _switch(connection, slot, build_id, is_other_complete=not reshaped)
        _vacuum(connection, outcome)
        return outcome


def session_name(build_id: int) -> str:
    """The application_name of every session that works on a build, by which a dead one's are found and ended."""
    return f"dealer360 build {build_id}"


def _published_outcome(connection: psycopg.Connection, build_id: int) -> PublishOutcome | None:
    """Whether this build is live already: a step that is repeated after its commit has nothing to do."""
    row = connection.execute("select slot from ops.live where build_id = %s", [build_id]).fetchone()
    return PublishOutcome(build_id=build_id, slot=row[0]) if row else None


def _is_full_refresh(connection: psycopg.Connection, build_id: int) -> bool:
    row = connection.execute("select is_full_refresh from ops.builds where build_id = %s", [build_id]).fetchone()
    return row is not None and row[0]


def _claim_idle_slot(connection: psycopg.Connection, build_id: int) -> str:
    """The slot that is not live, with pointer and build locked against every other publish and rollback."""
    live = connection.execute("select slot, build_id from ops.live for update").fetchone()
    build = connection.execute(
        "select status, follows_build_id from ops.builds where build_id = %s for update", [build_id]
    ).fetchone()
    if live is None or build is None or build != ("running", live[1]):
        raise BuildNotPublishable(
            f"build {build_id}",
            found=f"status {build[0]}, begun when build {build[1]} was live" if build else "no such build",
            expected=f"status running, begun when build {live[1] if live else None} was live, as it is now",
            do="run `dealer360 build`; what was published before stays",
        )
    return "b" if live[0] == "a" else "a"


def _fill(
    connection: psycopg.Connection,
    slot: str,
    build_id: int,
    built: dict[str, MartTable],
    progress: Progress | None,
) -> PublishOutcome:
    """Bring every table of the idle slot up to the build."""
    held = read_tables(connection, f"slot_{slot}")
    changes: dict[str, MartChange] = {}
    for done, table in enumerate(built.values()):
        if progress:
            progress(f"publishing {table.name}", done, len(built))
        if table.name not in held:
            create_tables(connection, table)
        changes[table.name] = _bring_up(connection, slot, table, held.get(table.name, table))
    emptied = tuple(name for name in held if name not in built)
    for name in emptied:
        connection.execute(sql.SQL("delete from {}").format(slot_table(slot, name)))
    return PublishOutcome(build_id=build_id, slot=slot, changes=changes, emptied=emptied)


def _bring_up(connection: psycopg.Connection, slot: str, built: MartTable, held: MartTable) -> MartChange:
    """Make the slot's table equal to the built one; a column that the build no longer has becomes empty."""
    in_slot = slot_table(slot, built.name)
    in_build = sql.Identifier("build", built.name)
    values = [
        sql.SQL("built.{}").format(sql.Identifier(column))
        if column in built.columns
        else sql.SQL("cast(null as {})").format(sql.SQL(kind))
        for column, kind in held.columns.items()
    ]
    columns = [sql.Identifier(column) for column in held.columns]
    same_key = sql.SQL(" and ").join(
        sql.SQL("built.{0} = held.{0}").format(sql.Identifier(column)) for column in built.key
    )
    parts = {
        "slot": in_slot,
        "build": in_build,
        "same_key": same_key,
        "columns": sql.SQL(", ").join(columns),
        "values": sql.SQL(", ").join(values),
        "held": sql.SQL(", ").join(sql.SQL("held.{}").format(column) for column in columns),
    }
    rows_out = connection.execute(
        sql.SQL(
            """
            delete from {slot} as held
            where not exists (
                select from {build} as built
                where {same_key} and row({values}) is not distinct from row({held})
            )
            """
        ).format(**parts)
    ).rowcount
    rows_in = connection.execute(
        sql.SQL(
            """
            insert into {slot} ({columns})
            select {values} from {build} as built
            where not exists (select from {slot} as held where {same_key})
            """
        ).format(**parts)
    ).rowcount
    ensure_indexes(connection, slot, built)
    if rows_out or rows_in:
        connection.execute(sql.SQL("analyze {}").format(in_slot))
    return MartChange(rows_out=rows_out, rows_in=rows_in)


def _remake(connection: psycopg.Connection, slot: str, reshaped: list[MartTable]) -> dict[str, MartChange]:
    """Make marts anew whose columns changed their types; from here to the commit their readers wait."""
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_RESHAPE_LOCK_TIMEOUT)))
    changes: dict[str, MartChange] = {}
    for table in reshaped:
        drop_tables(connection, table.name)
        create_tables(connection, table)
        changes[table.name] = _bring_up(connection, slot, table, table)
    return changes


def _switch(connection: psycopg.Connection, slot: str, build_id: int, *, is_other_complete: bool) -> None:
    connection.execute("update ops.slots set build_id = %s, state = 'complete' where slot = %s", [build_id, slot])
    if not is_other_complete:
        connection.execute("update ops.slots set build_id = null, state = 'empty' where slot <> %s", [slot])
    connection.execute("update ops.live set slot = %s, build_id = %s", [slot, build_id])
    connection.execute(
        """
        update ops.builds
        set status = 'published', published_at = clock_timestamp(), finished_at = clock_timestamp()
        where build_id = %s
        """,
        [build_id],
    )


def _vacuum(connection: psycopg.Connection, outcome: PublishOutcome) -> None:
    """Free the room of rows that were taken out. Without truncation, whose lock readers would have to wait for.

    The build is live by then: what goes wrong here costs room until autovacuum comes round, and nothing else.
    """
    changed = [name for name, change in outcome.changes.items() if change.rows_out]
    try:
        for name in (*changed, *outcome.emptied):
            connection.execute(sql.SQL("vacuum (truncate false) {}").format(slot_table(outcome.slot, name)))
    except psycopg.Error as error:
        log.warning("build %s is live; its slot was not vacuumed: %s", outcome.build_id, str(error).strip())
