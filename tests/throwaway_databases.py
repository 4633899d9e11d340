"""Databases that a test makes on the server of the tests, and drops whoever is connected."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

EMPTY = "template template0 encoding 'UTF8'"


@contextmanager
def throwaway_database(server_url: str, made_from: str = EMPTY) -> Iterator[str]:
    """URL of a new database, which is dropped at the end; `made_from` is the end of its `create database`."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name} {made_from}")
    try:
        yield server_url.rpartition("/")[0] + "/" + name
    finally:
        drop_database(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Drop it with whoever is connected. An autovacuum worker may not be ended: it goes by itself."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        for attempts_left in reversed(range(30)):
            try:
                connection.execute(f"drop database if exists {name} with (force)")
                return
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                if not attempts_left:
                    raise
                time.sleep(1)
