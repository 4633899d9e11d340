"""A database that all tests of one module share: judging changes nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest


@pytest.fixture(scope="module")
def shared_database_url(server_url: str, _template_database: str) -> Iterator[str]:
    """URL of a bootstrapped database of the module's own, in a group whose currency is RUB."""
    name = f"test_{uuid4().hex[:12]}"
    url = server_url.rpartition("/")[0] + "/" + name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {_template_database}")
    with psycopg.connect(url) as connection:
        connection.execute("insert into ops.settings (setting, value) values ('currency', 'RUB')")
    yield url
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")
