"""A database that all tests of one module share: judging changes nothing in it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.throwaway_databases import throwaway_database


@pytest.fixture(scope="module")
def shared_database_url(server_url: str, _template_database: str) -> Iterator[str]:
    """URL of a bootstrapped database of the module's own, in a group whose currency is RUB."""
    with throwaway_database(server_url, f"template {_template_database}") as url:
        with psycopg.connect(url) as connection:
            connection.execute("insert into ops.settings (setting, value) values ('currency', 'RUB')")
        yield url
