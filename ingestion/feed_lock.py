"""One worker on a feed at a time: loads, and what people decide about its rows and files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

_log = logging.getLogger(__name__)


@contextmanager
def feed_lock(connection: psycopg.Connection, feed_id: str) -> Iterator[None]:
    """While the block runs nobody else works on the feed; it ends with the connection, however that ends."""
    key = f"dealer360 feed {feed_id}"
    is_free = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (key,)).fetchone()
    if is_free is None or not is_free[0]:
        _log.warning("Another load works on the feed %s: waiting until it has ended.", feed_id)
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))
