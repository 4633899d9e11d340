"""Whose fault an error is: the machine's, the server's, or perhaps the file's."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy

from ingestion.errors import NoRoomLeft, SurroundingsFailed, TransientFailure
from ingestion.load import _working_connection
from ingestion.surroundings import told_as_surroundings
from warehouse.settings import Workspace


def raised_by(run: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of many kinds
        run()
    return caught.value


def test_a_lock_that_is_held_and_a_cancelled_statement_may_be_tried_again(bootstrapped_database_url: str) -> None:
    with (
        psycopg.connect(bootstrapped_database_url) as holder,
        psycopg.connect(bootstrapped_database_url, autocommit=True) as waiter,
    ):
        holder.execute("lock table ops.dealers")
        for setting, sqlstate in (("lock_timeout", "55P03"), ("statement_timeout", "57014")):
            waiter.execute(f"set {setting} = '10ms'")
            error = raised_by(lambda: waiter.execute("select from ops.dealers"))
            waiter.execute(f"reset {setting}")
            told = told_as_surroundings(error, "d01 / sales.csv")
            assert isinstance(told, TransientFailure)
            assert f"(SQLSTATE {sqlstate})" in told.found
            assert "Run the same command again. Nothing from this file was loaded" in str(told)


def test_a_connection_that_another_library_lost_may_be_tried_again(bootstrapped_database_url: str) -> None:
    engine = sqlalchemy.create_engine(bootstrapped_database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        pid = connection.scalar(sqlalchemy.text("select pg_backend_pid()"))
        with psycopg.connect(bootstrapped_database_url) as other:
            other.execute("select pg_terminate_backend(%s)", (pid,))
        told = told_as_surroundings(
            raised_by(lambda: connection.scalar(sqlalchemy.text("select 1"))), "d01 / sales.csv"
        )
    engine.dispose()
    assert isinstance(told, TransientFailure)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, NoRoomLeft),
        (errno.EDQUOT, NoRoomLeft),
        (errno.EACCES, SurroundingsFailed),
        (errno.EIO, SurroundingsFailed),
    ],
)
def test_a_disk_that_is_full_is_told_from_one_that_refuses(number: int, kind: type[SurroundingsFailed]) -> None:
    told = told_as_surroundings(OSError(number, os.strerror(number), "archive/d01"), "d01 / sales.csv")
    assert type(told) is kind
    assert told.is_transient is False
    assert f"{os.strerror(number)}: archive/d01" in told.found


def test_what_may_be_the_files_fault_is_not_the_surroundings(bootstrapped_database_url: str) -> None:
    with psycopg.connect(bootstrapped_database_url) as connection:
        error = raised_by(lambda: connection.execute("select 'x'::int"))
    assert told_as_surroundings(error, "d01 / sales.csv") is None
    assert told_as_surroundings(ValueError("x"), "d01 / sales.csv") is None
    while_reading = raised_by(lambda: int("x"))
    while_reading.__context__ = FileNotFoundError(errno.ENOENT, "No such file")
    assert told_as_surroundings(while_reading, "d01 / sales.csv") is None


def test_what_a_library_makes_of_a_cut_connection_may_be_tried_again(workspace: Workspace) -> None:
    with pytest.raises(TransientFailure, match="the connection to PostgreSQL broke"):
        with _working_connection(workspace) as connection:
            try:
                connection.execute("select pg_terminate_backend(pg_backend_pid())")
            except psycopg.Error as error:
                raise RuntimeError("the library gave up") from error
