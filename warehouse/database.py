"""Connections to the warehouse, wherever it is: the embedded server, or the one that DEALER360_DATABASE_URL names."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from warehouse.bootstrap import bootstrap
from warehouse.embedded_server import EmbeddedServer
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

URL_VARIABLE = "DEALER360_DATABASE_URL"
RECOVERY_TIMEOUT_S = 300
"""For how long the embedded server is waited for while it reads its log after a crash: perhaps all of max_wal_size."""
_COMING_UP = "the database system is"  # starting up, in recovery mode, shutting down

_bootstrapped: set[str] = set()


class ServerUnreachable(Dealer360Error):
    """No connection to the warehouse's server."""

    is_transient = True


def database_url(workspace: Workspace) -> str:
    """The URL of the warehouse for its owner, as libpq takes it: DEALER360_DATABASE_URL, else the embedded server's.

    The embedded server is started when it does not run.
    """
    if url := os.environ.get(URL_VARIABLE):
        return url
    server = EmbeddedServer(workspace)
    server.start()
    return server.url()


@contextmanager
def connect(workspace: Workspace, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """A connection as dealer360_owner to a warehouse whose schemas are up to date.

    On leaving the block without an exception an open transaction is committed; with one it is rolled back.

    Raises:
        ServerUnreachable: nobody answers under the URL, or it refuses the user.
        bootstrap's errors, on the first connection of a process to this URL.
    """
    url, opened = _open_warehouse(workspace, autocommit=autocommit)
    with opened as connection:
        if url not in _bootstrapped:
            bootstrap(connection)
            _bootstrapped.add(url)
        connection.execute("set role dealer360_owner")
        if not autocommit:
            connection.commit()
        yield connection


def _open_warehouse(workspace: Workspace, *, autocommit: bool) -> tuple[str, psycopg.Connection]:
    deadline = time.monotonic() + RECOVERY_TIMEOUT_S
    has_gone_away = False
    while True:
        url = database_url(workspace)
        try:
            return url, open_url(url, autocommit=autocommit)
        except ServerUnreachable as error:
            is_coming_up = _COMING_UP in error.found
            if os.environ.get(URL_VARIABLE) or (has_gone_away and not is_coming_up) or time.monotonic() > deadline:
                raise
            # The embedded server went away a moment ago, killed or stopped by another process: once more from the
            # start. One of which a process was killed reads its log first, and lets nobody in meanwhile.
            has_gone_away |= not is_coming_up
            time.sleep(0.2 if is_coming_up else 1)


def is_connection_lost(error: BaseException, connection: psycopg.Connection | None = None) -> bool:
    """Whether the error means that the connection is gone, so that the same call may succeed on another one.

    PostgreSQL reports a full disk, a cancelled statement and a table with too many columns as operational errors too:
    those would come again. What has no SQLSTATE comes from the client library: it could not reach the server.
    """
    if isinstance(error, Dealer360Error):
        return error.is_transient
    if connection is not None and connection.closed:
        return True
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def open_url(url: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection as the URL's own user, to a database as it is.

    Raises:
        ServerUnreachable: nobody answers under the URL, or it refuses the user.
    """
    try:
        return psycopg.connect(url, autocommit=autocommit, application_name="dealer360", connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ServerUnreachable(
            f"the server of {URL_VARIABLE}" if os.environ.get(URL_VARIABLE) else "embedded PostgreSQL",
            found=str(error).strip(),
            expected="a connection to PostgreSQL 15 or later",
            do="it starts, or recovers from a crash: run the same command again in a minute; nothing was changed"
            if _COMING_UP in str(error)
            else "check host, port, user and password in the URL and that the server runs; nothing was changed",
        ) from error
