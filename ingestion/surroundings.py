"""What the machine, the disk or the server did to a load, told from what is wrong with a file."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import psycopg

from ingestion.errors import NOTHING_LOADED, NoRoomLeft, SurroundingsFailed, TransientFailure
from warehouse.database import is_connection_lost
from warehouse.errors import Dealer360Error

RUN_AGAIN = "run the same command again"

_TRANSIENT = {
    "40001": "another transaction was in the way",
    "40P01": "another transaction was in the way (a deadlock)",
    "53200": "the server has no memory left",
    "53300": "the server has no connection left",
    "55P03": "another transaction holds a lock for too long",
    "57014": "the statement was cancelled, by a time limit or an administrator",
}
"""SQLSTATEs after which the same load may succeed a minute later."""

_BY_HAND = {
    "25006": ("the server is read-only", "Point DEALER360_DATABASE_URL at the server that may be written to, and"),
    "42501": ("the user of DEALER360_DATABASE_URL lacks a privilege", "Have an administrator grant it, and"),
}


def told_as_surroundings(error: BaseException, where: str, kept: str = NOTHING_LOADED) -> Dealer360Error | None:
    """The error in words, where it is the surroundings' fault; None where it may be the file's, or nobody foresaw it.

    Args:
        error: what was raised; what it was raised from counts as well.
        where: dealer, feed and file, or what else was being done.
        kept: what became of the data.
    """
    for cause in _causes(error):
        if isinstance(cause, psycopg.OperationalError) and is_connection_lost(cause):
            return TransientFailure(
                where,
                found=f"the connection to PostgreSQL broke: {str(cause).strip()}",
                expected="a connection that lasts",
                do=f"{RUN_AGAIN.capitalize()}. {kept}",
            )
        if isinstance(cause, psycopg.Error) and cause.sqlstate is not None:
            said = f"{cause.diag.message_primary} (SQLSTATE {cause.sqlstate})"
            if cause.sqlstate == "53100":
                return _no_room(where, "the disk of the PostgreSQL server is full", said, kept)
            if cause.sqlstate in _TRANSIENT:
                found = f"{_TRANSIENT[cause.sqlstate]}: {said}"
                return TransientFailure(
                    where, found=found, expected="a server that answers", do=f"{RUN_AGAIN.capitalize()}. {kept}"
                )
            if cause.sqlstate in _BY_HAND:
                found, what_to_do = _BY_HAND[cause.sqlstate]
                return SurroundingsFailed(
                    where,
                    found=f"{found}: {said}",
                    expected="a server that the pipeline may write to",
                    do=f"{what_to_do} {RUN_AGAIN}. {kept}",
                )
        if cause is error and isinstance(cause, OSError) and cause.errno is not None and cause.strerror is not None:
            at = f"{cause.strerror}: {cause.filename}" if cause.filename else cause.strerror
            if cause.errno in (errno.ENOSPC, errno.EDQUOT):
                return _no_room(where, "the disk of the workspace's archive/ is full", at, kept)
            return SurroundingsFailed(
                where,
                found=f"the file or its place in archive/ cannot be read or written: {at}",
                expected="landing/ that can be read and archive/ that can be written",
                do=f"Correct the permissions or the disk, and {RUN_AGAIN}. {kept}",
            )
    return None


def _no_room(where: str, found: str, said: str, kept: str) -> NoRoomLeft:
    return NoRoomLeft(
        where,
        found=f"{found}: {said}",
        expected="room for the file, once in archive/ and some three times in the database while it is loaded",
        do=f"Free some room and {RUN_AGAIN}. {kept}",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it wraps and what it was raised from; each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        wrapped = getattr(error, "orig", None)  # SQLAlchemy keeps the driver's error there
        error = wrapped if isinstance(wrapped, BaseException) else error.__cause__ or error.__context__
