"""Feeds that do not arrive under landing/: files in a store, the answer of a database, what an address gives.

Whatever they give is saved as a file first, under a hidden folder of landing/, and goes the way of every file from
there: it is hashed, known or not, read, judged, archived. Secrets stand in environment variables and in no message.
"""

from __future__ import annotations

import csv
import errno
import ftplib
import http.client
import importlib
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

import psycopg
import sqlalchemy

from ingestion.dealer_entries import without_password
from ingestion.dealer_files import Configuration, Feed
from ingestion.discover import STABLE_SECONDS, FoundFile, UnfinishedFile, day_of_arrival, delivery_order
from ingestion.errors import NoRoomLeft, OriginUnreachable, TransientFailure
from ingestion.path_patterns import PathPattern
from ingestion.readers.typed_values import value_text
from ingestion.stores import missing_package
from ingestion.surroundings import RUN_AGAIN
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

TIMEOUT_SECONDS = 60
MOST_BYTES = 4_000_000_000
"""Of what an address gives: more is no feed."""
CHUNK_BYTES = 1024 * 1024
ROWS_AT_ONCE = 5000
_OVERLAPS = {"datetime": 60, "date": 1, "int": 1000, "float": 1000, "Decimal": 1000}
"""How far before the cursor's last value rows are asked for again: minutes, days or numbers."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")

_NO_ANSWER = (
    sqlalchemy.exc.OperationalError,
    TimeoutError,
    ConnectionError,
    http.client.BadStatusLine,
    http.client.IncompleteRead,
    ftplib.error_temp,
    EOFError,
)
_NO_ANSWER_OF_PACKAGES = frozenset(("NoValidConnectionsError", "SSHException", "ConnectionError", "HTTPClientError"))
"""What paramiko and botocore raise where nobody answers; their packages are not in the lock."""
_STORES_WITH_FOLDERS = ("sftp", "ssh", "ftp", "smb", "file")
"""In the others a folder is the beginning of names: one without files is not there."""
NOTHING_ASKED = "Nothing of this feed was loaded; the data loaded before stay as they are."


def offered(
    connection: psycopg.Connection, workspace: Workspace, configuration: Configuration, feed: Feed
) -> tuple[list[FoundFile], list[UnfinishedFile]]:
    """What the feed's origin has now, in the order of delivery, and files that may still be being written.

    Files of a store are named and not yet fetched; answers are in their files already.

    Raises:
        OriginUnreachable: a person must see to it: an address, a permission, a package that is not installed.
        TransientFailure: the origin does not answer just now.
    """
    assert feed.origin is not None  # noqa: S101 - of such feeds alone
    zone = configuration.time_zone_of(feed)
    with _told(feed):
        if feed.origin.kind == "store":
            return _in_store(workspace, feed, zone)
        target = folder_of(workspace, feed) / _file_name(feed)
        target.parent.mkdir(parents=True, exist_ok=True)
        cursor = None
        if feed.origin.kind == "url":
            _get(feed, target)
        else:
            cursor = _ask(feed, target, _last_cursor(connection, feed), datetime.now(zone))
        now = datetime.now(UTC)
        size, day = target.stat().st_size, day_of_arrival(now, zone)
        return [FoundFile(feed, target, feed.path, size, now, day, cursor=cursor)], []


def fetch(found: FoundFile) -> None:
    """A file of a store lies where `found` says.

    Raises:
        OriginUnreachable, TransientFailure: as for `offered`.
    """
    if found.stored is None:
        return
    store, path = found.stored
    with _told(found.feed):
        found.file.parent.mkdir(parents=True, exist_ok=True)
        store.get_file(path, str(found.file))


def remove_fetched(workspace: Workspace, feed: Feed) -> None:
    """Nothing that was fetched for the feed lies under landing/ any more."""
    shutil.rmtree(folder_of(workspace, feed), ignore_errors=True)


def folder_of(workspace: Workspace, feed: Feed) -> Path:
    """Where what was fetched for a feed lies while it is loaded: hidden, so that it is no file that arrived."""
    return workspace.landing_dir / ".fetched" / feed.mark


@contextmanager
def _told(feed: Feed) -> Iterator[None]:
    """What goes wrong with an origin, as an error that says so; the messages of drivers may hold secrets."""
    where = f"{feed.dealer_code} / {feed.source}.{feed.entity} / {feed.path}"
    try:
        yield
    except (Dealer360Error, psycopg.Error):  # the latter of the warehouse: a feed's database speaks through SQLAlchemy
        raise
    except ImportError as error:
        package = missing_package(feed.path)
        raise OriginUnreachable(
            where,
            found=f"a package that is not installed: {package or error}",
            expected="the package that opens such addresses",
            do=f"{f'`pip install {package}`' if package else 'Install it'} into the environment that runs dealer360, "
            f"and {RUN_AGAIN}. {NOTHING_ASKED}",
        ) from None
    except (*_NO_ANSWER, urllib.error.URLError) as error:
        if isinstance(error, urllib.error.HTTPError):
            found, is_final = f"status {error.code} instead of data", error.code < 500 and error.code != 429
        else:
            found = f"no answer: {_said_by(error, feed)}"
            is_final = "authentication failed" in found
        if is_final:
            raise OriginUnreachable(
                where,
                found=found,
                expected="data",
                do=f"Correct the address or the secret of the feed in {feed.file}, line {feed.line}. {NOTHING_ASKED}",
            ) from None
        raise _unanswered(where, found) from None
    except Exception as error:  # a store's package raises what it likes: no feed stops the others
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoomLeft(
                where,
                found="the disk of the workspace's landing/ is full",
                expected="room for what the feed gives",
                do=f"Free some room and {RUN_AGAIN}. {NOTHING_ASKED}",
            ) from None
        if _is_no_answer(error):
            raise _unanswered(where, f"no answer: {_said_by(error, feed)}") from None
        raise OriginUnreachable(
            where,
            found=_said_by(error, feed),
            expected="an answer from where the feed comes from",
            do=f"Correct what {feed.file}, line {feed.line}, says of it, and {RUN_AGAIN}. {NOTHING_ASKED}",
        ) from None


def _is_no_answer(error: Exception) -> bool:
    """Whether a store's package says that nobody answers; who is refused is told by a kind of its own."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return "AuthenticationException" not in kinds and not _NO_ANSWER_OF_PACKAGES.isdisjoint(kinds)


def _unanswered(where: str, found: str) -> TransientFailure:
    return TransientFailure(
        where,
        found=found,
        expected="an answer from where the feed comes from",
        do=f"{RUN_AGAIN.capitalize()}; if it stays so, see whether the other side runs, and whether the address is "
        f"right. {NOTHING_ASKED}",
    )


def _said_by(error: Exception, feed: Feed) -> str:
    """The first line of what a library or the system says, without any secret of the feed that it may quote.

    A database that stumbles over a value quotes it: then its SQLSTATE is told, and no word of it.
    """
    wrapped = getattr(error, "orig", None) or getattr(error, "reason", None) or error
    if isinstance(error, sqlalchemy.exc.DataError | sqlalchemy.exc.IntegrityError):
        return f"the database cannot use a value of its own (SQLSTATE {getattr(wrapped, 'sqlstate', 'unknown')})"
    said = getattr(wrapped, "strerror", None) or next(iter(str(wrapped).splitlines()), "")
    for secret in sorted(_secrets_of(feed), key=len, reverse=True):
        said = said.replace(secret, "***")
    return f"{said or 'it was refused'} ({type(error).__name__})"


def _secrets_of(feed: Feed) -> set[str]:
    """Every text that stands for a secret in what the feed asks for: as it is given, percent-encoded and decoded."""
    assert feed.origin is not None  # noqa: S101 - of such feeds alone
    texts = [feed.path, *(value for _, value in feed.origin.headers)]
    secrets = {os.environ.get(name, "") for text in texts for name in _VARIABLE.findall(text)}
    if url := os.environ.get(feed.origin.connection or ""):
        secrets.add(url)
        for password in re.findall(r"://[^:/@]*:(.*)@", url):
            secrets.update((password, *password.split("@")))  # an @ that is not encoded makes a host of what follows
        secrets.update(re.findall(r"[?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*=([^&]*)", url, re.IGNORECASE))
    written = {way for secret in secrets for way in (secret, secret.strip(), unquote(secret), quote(secret, safe=""))}
    return {*written, *(repr(way)[1:-1] for way in written)} - {""}


def _with_environment(text: str) -> str:
    """The text with `${NAME}` replaced by what the environment says."""
    missing = [name for name in _VARIABLE.findall(text) if name not in os.environ]
    if missing:
        raise OriginUnreachable(
            "a feed's YAML",
            found=f"no environment variable {', '.join(missing)}",
            expected="the variables that the YAML names with ${…}",
            do=f"Set them where dealer360 runs, and {RUN_AGAIN}. {NOTHING_ASKED}",
        )
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text)


# --- files in a store


def _opened(url: str) -> tuple[Any, str]:
    """The file system of a store, and the path that the URL names in it."""
    fsspec = importlib.import_module("fsspec")
    scheme = url.partition("://")[0]
    kind = fsspec.get_filesystem_class(scheme)
    # `${NAME}` is replaced in the parts of the URL: a password may hold what no URL can.
    options = {
        name: _with_environment(value) if isinstance(value, str) else value
        for name, value in kind._get_kwargs_from_urls(url).items()
    }
    return fsspec.filesystem(scheme, **options, skip_instance_cache=True), kind._strip_protocol(url)


def _in_store(workspace: Workspace, feed: Feed, zone: ZoneInfo) -> tuple[list[FoundFile], list[UnfinishedFile]]:
    store, place = _opened(feed.path)
    pattern = PathPattern(place)
    url, scheme = without_password(feed.path), feed.path.partition("://")[0]
    host = url.removesuffix(place.lstrip("/")) if url.endswith(place.lstrip("/")) else f"{scheme}://"
    store.invalidate_cache()
    files, unfinished = [], []
    for path, info in store.glob(re.sub(r"\{[^{}]*\}", "*", pattern.text), detail=True).items():
        if info.get("type") != "file" or not pattern.match(path):
            continue
        arrived_at = _modified(store, path, info)
        found = FoundFile(
            feed,
            folder_of(workspace, feed) / Path(path).name,
            f"{host}{path.lstrip('/')}",
            int(info["size"]),
            arrived_at,
            pattern.date_in(path) or day_of_arrival(arrived_at, zone),
            stored=(store, path),
        )
        if (datetime.now(UTC) - arrived_at).total_seconds() < STABLE_SECONDS:
            unfinished.append(UnfinishedFile(found, "it changed a moment ago"))
        else:
            files.append(found)
    if not files and not unfinished and scheme in _STORES_WITH_FOLDERS:
        _require_folder(store, pattern.text, feed)
    return sorted(files, key=delivery_order), unfinished


def _require_folder(store: Any, path: str, feed: Feed) -> None:  # noqa: ANN401 - a file system of fsspec
    """A folder that is empty brings nothing today; one that is not there never will."""
    folder = re.split(r"[*?{\[]", path, maxsplit=1)[0].rpartition("/")[0]
    if folder and not store.exists(folder):
        raise OriginUnreachable(
            f"{feed.dealer_code} / {feed.source}.{feed.entity} / {feed.path}",
            found=f"no folder {folder} there",
            expected="the folder in which the feed's files arrive",
            do=f"Correct the path of the feed in {feed.file}, line {feed.line}, or ask for the folder. {NOTHING_ASKED}",
        )


def _modified(store: Any, path: str, info: Mapping[str, Any]) -> datetime:  # noqa: ANN401 - a file system of fsspec
    if "modify" in info:  # of FTP, in UTC: RFC 3659
        return datetime.strptime(f"{info['modify'][:14]}+0000", "%Y%m%d%H%M%S%z")
    modified: datetime = store.modified(path)
    return modified if modified.tzinfo else modified.replace(tzinfo=UTC)


# --- what an address gives


def _file_name(feed: Feed) -> str:
    name = re.sub(r"[^\w.-]+", "_", feed.path.partition("?")[0].rstrip("/").rpartition("/")[2]) or feed.entity
    return name if "." in name else f"{name}.{feed.format.type}"


class _KeepsSecrets(urllib.request.HTTPRedirectHandler):
    """Follows an address that sends on elsewhere, without the headers of the YAML when that is another server."""

    def redirect_request(
        self,
        request: urllib.request.Request,
        answer: IO[bytes],
        code: int,
        message: str,
        headers: http.client.HTTPMessage,
        url: str,
    ) -> urllib.request.Request | None:
        """The request for the new place.

        Raises:
            ValueError: it would be sent in clear.
        """
        before, after = urlsplit(request.full_url), urlsplit(url)
        if before.scheme == "https" and after.scheme != "https":
            raise ValueError(f"it sends on to {after.scheme}://{after.hostname}, in clear")
        further = super().redirect_request(request, answer, code, message, headers, url)
        if further is not None and (before.scheme, before.netloc) != (after.scheme, after.netloc):
            further.headers.clear()
        return further


def _get(feed: Feed, target: Path) -> None:
    assert feed.origin is not None  # noqa: S101 - of such feeds alone
    headers = {name: _with_environment(value) for name, value in feed.origin.headers}
    request = urllib.request.Request(_with_environment(feed.path), headers=headers)  # noqa: S310 - http(s) by schema
    opener = urllib.request.build_opener(_KeepsSecrets)
    with opener.open(request, timeout=TIMEOUT_SECONDS) as answer, target.open("wb") as stream:
        promised = answer.headers.get("Content-Length")
        while chunk := answer.read(CHUNK_BYTES):
            stream.write(chunk)
            if stream.tell() > MOST_BYTES:
                raise ValueError("more bytes than any feed has")
        if promised is not None and stream.tell() < int(promised):
            raise ConnectionError("the answer broke off")


# --- what a database answers


def _last_cursor(connection: psycopg.Connection, feed: Feed) -> dict[str, str] | None:
    row = connection.execute(
        """
        select reading -> 'cursor' from ops.batches
        where feed_id = %s and status = 'loaded' and reading ? 'cursor'
        order by batch_seq desc nulls last
        limit 1
        """,
        (feed.feed_id,),
    ).fetchone()
    return row[0] if row else None


def _ask(feed: Feed, target: Path, last: dict[str, str] | None, now: datetime) -> dict[str, str] | None:
    """The answer in a CSV file; gives the cursor's last value in it, or the one before where nothing came.

    A value that lies after `now` does not count: one mistyped year would end all deliveries until then.
    """
    origin = feed.origin
    assert origin is not None  # noqa: S101 - of such feeds alone
    url = _with_environment(f"${{{origin.connection}}}")
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.partition("://")[2]
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    quoted = engine.dialect.identifier_preparer.quote
    if origin.table is not None:
        asked = f"select * from {'.'.join(quoted(part) for part in origin.table.split('.'))}"  # noqa: S608 - quoted
    else:
        asked = (origin.query or "").rstrip().rstrip(";")
    question = sha256(f"{asked}\n{origin.cursor}".encode()).hexdigest()[:16]
    asked = asked.replace(":", r"\:")  # a colon of the YAML begins no parameter
    parameters = {}
    if origin.cursor is not None and last is not None and last.get("asked") == question:
        name = quoted(origin.cursor)
        asked = f"select * from (\n{asked}\n) asked where {name} >= :first or {name} is null"  # noqa: S608 - the YAML's
        parameters["first"] = _first_to_ask_for(last, origin.cursor_overlap)
    with (
        engine.connect().execution_options(stream_results=True) as database,
        target.open("w", encoding="utf-8", newline="") as stream,
    ):
        result = database.execute(sqlalchemy.text(asked), parameters)
        names = list(result.keys())
        at = names.index(origin.cursor) if origin.cursor is not None else None
        # With this end of lines a cell that holds one, or half of one, is quoted.
        writer = csv.writer(stream, delimiter=",", lineterminator="\r\n")
        writer.writerow(names)
        greatest = None
        for rows in result.partitions(ROWS_AT_ONCE):
            writer.writerows([value_text(value, feed.format.decimal) for value in row] for row in rows)
            if at is not None:
                values = [row[at] for row in rows if row[at] is not None and not _is_after(row[at], now)]
                greatest = max([*values, *([greatest] if greatest is not None else [])], default=None)
    if greatest is None:
        return last
    return {"kind": type(greatest).__name__, "value": value_text(greatest, None) or "", "asked": question}


def _is_after(value: object, now: datetime) -> bool:
    if isinstance(value, datetime):
        return value > (now if value.tzinfo else now.replace(tzinfo=None))
    return isinstance(value, date) and value > now.date()


def _first_to_ask_for(last: dict[str, str], overlap: int | None) -> object:
    """Where to begin: what has the last value may have come after the last load, what was committed late has less.

    Rows that are asked for again are unchanged.
    """
    value = _value_of(last)
    room = _OVERLAPS.get(last["kind"], 0) if overlap is None else overlap
    if isinstance(value, datetime):
        return value - timedelta(minutes=room)
    if isinstance(value, date):
        return value - timedelta(days=room)
    return value - room if isinstance(value, int | float | Decimal) else value


def _value_of(cursor: dict[str, str]) -> object:
    readers: dict[str, Callable[[str], object]] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "int": int,
        "float": float,
        "Decimal": Decimal,
    }
    return readers.get(cursor["kind"], str)(cursor["value"])
