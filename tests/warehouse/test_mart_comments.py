from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.warehouse.fake_builds import make_build, rows
from warehouse.database import connect
from warehouse.publish import publish
from warehouse.settings import Workspace

DESCRIPTION = "**Row** — one per person, merged\nfrom all records.\n\n**Key** — `customer_id`."


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    with connect(workspace, autocommit=True) as connection:
        yield connection


def _describe(connection: psycopg.Connection, table: str, column: str) -> None:
    connection.execute(f"comment on table build.dim_customers is $${table}$$".encode())
    connection.execute(f"comment on column build.dim_customers.city is $${column}$$".encode())


def _told(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    view = "'marts.dim_customers'::regclass"
    number = f"(select attnum from pg_attribute where attrelid = {view} and attname = 'city')"
    return rows(connection, f"select obj_description({view}), col_description({view}, {number})")


def test_readers_see_the_first_paragraph_of_a_marts_description_and_those_of_its_columns(workspace, connection):
    build_id = make_build(connection, 1)
    _describe(connection, DESCRIPTION, "Where the person lives.")
    publish(workspace, build_id)
    assert _told(connection) == [("One per person, merged from all records.", "Where the person lives.")]


def test_a_comment_follows_its_description_and_is_written_only_when_that_changed(workspace, connection):
    ids = "select xmin, objsubid from pg_description where objoid = 'marts.dim_customers'::regclass order by objsubid"
    publish(workspace, _described(connection, 1, "Where the person lives."))
    written = rows(connection, ids)
    publish(workspace, _described(connection, 2, "Where the person lives."))
    assert rows(connection, ids) == written
    publish(workspace, _described(connection, 3, "The city of the address."))
    assert _told(connection) == [("One per person, merged from all records.", "The city of the address.")]


def _described(connection: psycopg.Connection, number: int, column: str) -> int:
    build_id = make_build(connection, number)
    _describe(connection, DESCRIPTION, column)
    return build_id
