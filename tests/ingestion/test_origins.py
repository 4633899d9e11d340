"""Feeds from a store of files, a database and an address: loaded like files, asked again without loading twice."""

from __future__ import annotations

import json
import os
import re
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import fsspec
import psycopg
import pytest

import ingestion.origins
from ingestion.approvals import approve
from ingestion.dealer_files import read_configuration, validate
from ingestion.errors import InvalidSettings
from ingestion.load import load
from ingestion.origins import _KeepsSecrets
from ingestion.outcomes import FileOutcome
from tests.ingestion.deliveries import SALES_HEADER, current_sales, query, sale, write_dealer, write_group
from tests.ingestion.ftp_server import Held, ftp_server
from tests.throwaway_databases import throwaway_database
from warehouse.settings import Workspace

DEALER = """\
dealer_code: d01
name: Dealer d01
time_zone: Europe/Moscow
feeds:
  - source: dms
    entity: sales
    {origin}
    delivery: {delivery}
    columns: {{source_id: id, sold_at: sold, full_name: customer, make: make, price_amount: price}}
"""


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    write_group(workspace)
    return workspace


def write_feed(workspace: Workspace, *origin: str, delivery: str = "full") -> None:
    write_dealer(workspace, DEALER.format(origin="\n    ".join(origin), delivery=delivery))
    assert read_configuration(workspace).problems == ()


def load_one(workspace: Workspace) -> FileOutcome:
    (outcome,) = load(workspace)
    assert not (workspace.landing_dir / ".fetched").exists() or not any((workspace.landing_dir / ".fetched").iterdir())
    return outcome


# --- a store of files


def test_files_of_a_store_are_loaded_in_the_order_of_their_days_and_not_fetched_again(workspace: Workspace) -> None:
    store = fsspec.filesystem("memory")
    write_feed(workspace, 'path: "memory://d01/sales_{date:%Y%m%d}.csv"')
    try:
        for day, price in (("20260302", 2), ("20260301", 1)):
            store.pipe(f"/d01/sales_{day}.csv", f"{SALES_HEADER}\n{sale(1, price=price)}\n".encode())
        store.pipe("/d01/other.csv", b"x")
        assert {outcome.message.split(" (")[0] for outcome in load(workspace)} == {"still being written"}
        for path in ("/d01/sales_20260301.csv", "/d01/sales_20260302.csv"):
            store.store[path].modified = store.store[path].modified.replace(year=2025)
        first, second = load(workspace)
        assert (first.source_file, first.status) == ("memory://d01/sales_20260301.csv", "loaded")
        assert (second.delivered_on, second.counts["rows_changed"]) == (first.delivered_on.replace(day=2), 1)  # type: ignore[union-attr]
        assert current_sales(workspace) == {"1": "2.00"}
        assert sorted(path.name for path in workspace.archive_dir.rglob("*.csv")) == [
            "sales_20260301.csv",
            "sales_20260302.csv",
        ]
        assert [outcome.is_told for outcome in load(workspace)] == [False, False]
    finally:
        store.rm("/d01", recursive=True)


def test_a_file_without_a_day_in_its_name_came_on_the_day_of_the_dealers_zone(workspace: Workspace) -> None:
    store = fsspec.filesystem("memory")
    far_east = DEALER.replace("Europe/Moscow", "Asia/Vladivostok")
    write_dealer(workspace, far_east.format(origin='path: "memory://d01/sales.csv"', delivery="full"))
    try:
        store.pipe("/d01/sales.csv", f"{SALES_HEADER}\n{sale(1)}\n".encode())
        store.store["/d01/sales.csv"].modified = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)  # six in the morning there
        assert load_one(workspace).delivered_on == date(2026, 3, 2)
    finally:
        store.rm("/d01", recursive=True)


def test_a_store_with_a_host_a_user_and_a_password_is_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        f"/out/d01/sales_2026030{day}.csv": (f"2026030{day}201500", f"{SALES_HEADER}\n{sale(1, price=day)}\n".encode())
        for day in (2, 1)
    }
    monkeypatch.setenv("FTP_USER", "dealer")
    monkeypatch.setenv("FTP_PASSWORD", "p@ss:w/rd")
    with ftp_server(Held("dealer", "p@ss:w/rd", files)) as host:
        write_feed(workspace, f'path: "ftp://${{FTP_USER}}:${{FTP_PASSWORD}}@{host}/out/d01/sales_{{date:%Y%m%d}}.csv"')
        first, second = load(workspace)
        assert (first.source_file, first.status) == (f"ftp://{host}/out/d01/sales_20260301.csv", "loaded")
        assert second.counts["rows_changed"] == 1
        assert current_sales(workspace) == {"1": "2.00"}
        assert [outcome.is_told for outcome in load(workspace)] == [False, False]
        monkeypatch.setenv("FTP_PASSWORD", "hidden-word")
        refused = load_one(workspace)
        assert (refused.status, "530 no such password" in refused.message) == ("failed", True)
    assert load_one(workspace).is_transient  # the server is gone
    told = query(
        workspace,
        "select to_jsonb(o)::text || (select string_agg(f::text, '') from ops.feeds f) as text from ops.outcomes o",
    )
    assert not any("hidden-word" in row["text"] or "p@ss" in row["text"] for row in told)


def test_a_store_whose_package_is_not_installed_is_told(workspace: Workspace) -> None:
    write_feed(workspace, "path: s3://bucket/sales_*.csv")
    outcome = load_one(workspace)
    assert (outcome.status, outcome.is_transient) == ("failed", False)
    assert "a package that is not installed: s3fs" in str(outcome.error)
    assert "`pip install s3fs` into the environment that runs dealer360" in " ".join(str(outcome.error).split())


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("s3://bucket/sales_*.csv", "`pip install s3fs` into the environment that runs dealer360"),
        (
            "sftp://${USER}:${WORD}@host/sales_*.csv",
            "`path: sftp://host/sales_*.csv` is opened by the package `paramiko`",
        ),
        ("stfp://host/sales_*.csv", "names no store that can be opened"),
    ],
)
def test_a_store_that_nothing_opens_here_is_told_by_validate_and_stops_no_other_feed(
    workspace: Workspace, path: str, told: str
) -> None:
    write_feed(workspace, f'path: "{path}"')
    with pytest.raises(InvalidSettings, match=re.escape(told)):
        validate(workspace)
    assert [feed.path for feed in read_configuration(workspace).feeds] == [path]


# --- a database


@pytest.fixture
def dealers_database(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    with throwaway_database(server_url) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            create table sales (id int primary key, sold date, customer text, make text, price numeric(12, 2),
                updated_at timestamptz)
            """
        )
        connection.execute(
            "insert into sales select n, '2026-03-01', 'Иванов; \"Иван\"', 'LADA', n * 1000.5, "
            "'2026-03-01 10:00+03'::timestamptz + n * interval '1 hour' from generate_series(1, 3) as n"
        )
        monkeypatch.setenv("DEALER_DATABASE", url)
        yield connection


def test_a_table_is_loaded_whole_and_what_is_deleted_there_is_absent_here(
    workspace: Workspace, dealers_database: psycopg.Connection
) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "table: public.sales")
    outcome = load_one(workspace)
    assert outcome.counts["rows_new"] == 3
    assert current_sales(workspace, "price_amount, full_name")["2"] == ("2001.00", 'Иванов; "Иван"')
    assert load_one(workspace).is_told is False
    dealers_database.execute("delete from sales where id = 2")
    assert load_one(workspace).counts["rows_absent"] == 1
    batches = query(workspace, "select source_file, archive_path from ops.batches")
    assert {batch["source_file"] for batch in batches} == {"DEALER_DATABASE/public.sales"}
    assert all((workspace.archive_dir / batch["archive_path"]).is_file() for batch in batches)


def test_with_a_cursor_only_what_came_since_the_last_load_is_asked_for(
    workspace: Workspace, dealers_database: psycopg.Connection
) -> None:
    question = "query: select * from sales where make = 'LADA';"
    origin = ("connection: DEALER_DATABASE", "cursor: updated_at", "cursor_overlap: 0")
    write_feed(workspace, *origin, question, delivery="delta")
    assert load_one(workspace).counts["rows_read"] == 3
    dealers_database.execute("update sales set price = 5, updated_at = '2026-03-02 10:00+03' where id = 1")
    outcome = load_one(workspace)
    assert {name: count for name, count in outcome.counts.items() if count} == {
        "rows_read": 2,
        "rows_changed": 1,
        "rows_unchanged": 1,
    }
    assert current_sales(workspace)["1"] == "5.00"


def test_rows_without_a_value_and_rows_that_were_committed_late_are_not_lost(
    workspace: Workspace, dealers_database: psycopg.Connection
) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "table: sales", "cursor: updated_at", delivery="delta")
    load_one(workspace)
    for number, moment in (
        (4, "null"),
        (5, "'2026-03-01 12:59+03'"),
        (6, "'2026-03-01 13:00+03'"),
        (7, "'2199-01-01'"),
    ):
        dealers_database.execute(
            f"insert into sales values ({number}, '2026-03-01', 'Пётр', 'LADA', {number}, {moment})"
        )
    assert load_one(workspace).counts["rows_new"] == 4
    dealers_database.execute("insert into sales values (8, '2026-03-02', 'Пётр', 'LADA', 8, '2026-03-02 12:00+03')")
    assert load_one(workspace).counts["rows_new"] == 1  # although one is said to have changed in 2199
    assert sorted(current_sales(workspace)) == list("12345678")


def test_a_cursor_counts_as_long_as_the_same_is_asked_and_may_be_a_number(
    workspace: Workspace, dealers_database: psycopg.Connection
) -> None:
    question = "query: \"select *, ' :no parameter' as note from sales where id > 1\""
    origin = ("connection: DEALER_DATABASE", "cursor: id", "cursor_overlap: 1")
    write_feed(workspace, *origin, question, delivery="delta")
    assert load_one(workspace).counts["rows_read"] == 2
    dealers_database.execute("insert into sales select n, '2026-03-01' from generate_series(4, 5) as n")
    outcome = load_one(workspace)
    assert (outcome.counts["rows_read"], outcome.counts["rows_new"]) == (4, 2)
    dealers_database.execute("insert into sales values (6, '2026-03-01')")
    assert load_one(workspace).counts["rows_read"] == 3
    write_feed(workspace, *origin, question.replace("> 1", "> 0"), delivery="delta")
    assert load_one(workspace).counts["rows_read"] == 6


def test_a_load_that_is_refused_leaves_the_cursor_where_it_was(
    workspace: Workspace, dealers_database: psycopg.Connection
) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "table: sales", "cursor: updated_at", delivery="delta")
    load_one(workspace)
    dealers_database.execute("alter table sales rename column sold to verkauft")
    dealers_database.execute("insert into sales values (4, '2026-03-02', 'Пётр', 'LADA', 4, '2026-03-02 12:00+03')")
    assert load_one(workspace).status == "refused"
    dealers_database.execute("alter table sales rename column verkauft to sold")
    assert load_one(workspace).counts["rows_new"] == 1


def test_a_database_that_cannot_be_asked_fails_its_feed_without_a_secret(
    workspace: Workspace, dealers_database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "table: no_such_table")
    assert (load_one(workspace).status, "no_such_table" in str(load_one(workspace).error)) == ("failed", True)
    monkeypatch.setenv("DEALER_DATABASE", "postgresql://somebody:hidden-word@127.0.0.1:1/dealer")
    outcome = load_one(workspace)
    assert (outcome.status, outcome.is_transient) == ("failed", True)
    assert "Connection refused" in outcome.message
    assert "hidden-word" not in str(outcome)
    there = dealers_database.info
    monkeypatch.setenv("DEALER_DATABASE", f"postgresql://nobody:hidden-word@{there.host}:{there.port}/{there.dbname}")
    assert (load_one(workspace).is_transient, "authentication failed" in load_one(workspace).message) == (False, True)
    monkeypatch.delenv("DEALER_DATABASE")
    assert "no environment variable DEALER_DATABASE" in str(load_one(workspace).error)
    told = query(workspace, "select details::text || message as text from ops.outcomes")
    assert not any("hidden-word" in row["text"] for row in told)


def test_a_database_that_stumbles_over_a_value_does_not_tell_it(
    workspace: Workspace, dealers_database: psycopg.Connection
) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "query: select cast(customer as date) as sold from sales")
    outcome = load_one(workspace)
    assert "the database cannot use a value of its own (SQLSTATE 22007)" in outcome.message
    assert "Иван" not in str(outcome)


# --- an address


class Address(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {}

    def do_GET(self) -> None:
        is_known = self.headers["Authorization"] == "Bearer token-of-the-dealer"
        status, body = self.answers[self.path] if is_known else (401, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", body.decode())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Address)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("DEALER_TOKEN", "token-of-the-dealer")
    Address.answers.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_an_address_gives_is_loaded_and_the_same_answer_is_no_news(workspace: Workspace, address: str) -> None:
    write_feed(
        workspace,
        f'url: "{address}/sales?since=2026"',
        "format: {type: json}",
        'headers: {Authorization: "Bearer ${DEALER_TOKEN}"}',
    )
    names = SALES_HEADER.split(";")
    rows = [dict(zip(names, sale(n, price=n).split(";"), strict=True)) for n in (1, 2)]
    Address.answers["/sales?since=2026"] = 200, json.dumps(rows).encode()
    assert load_one(workspace).counts["rows_new"] == 2
    assert load_one(workspace).is_told is False
    Address.answers["/sales?since=2026"] = 200, json.dumps(rows[:1]).encode()
    assert load_one(workspace).counts["rows_absent"] == 1
    assert list(current_sales(workspace)) == ["1"]


def test_an_answer_that_was_held_can_be_approved_although_nobody_gives_it_any_more(
    workspace: Workspace, address: str
) -> None:
    write_feed(
        workspace,
        f'url: "{address}/sales"',
        "format: {type: json}",
        'headers: {Authorization: "Bearer ${DEALER_TOKEN}"}',
    )
    names = SALES_HEADER.split(";")
    rows = [dict(zip(names, sale(n).split(";"), strict=True)) for n in range(20)]
    Address.answers["/sales"] = 200, json.dumps(rows).encode()
    load_one(workspace)
    Address.answers["/sales"] = 200, json.dumps(rows[:3]).encode()
    held = load_one(workspace)
    assert (held.status, load_one(workspace).batch_id) == ("held", held.batch_id)
    Address.answers["/sales"] = 503, b""
    outcome = approve(workspace, str(held.batch_id), approved_by="anna", reason="they closed a branch")
    assert (outcome.status, outcome.counts["rows_absent"]) == ("loaded", 17)
    kept = list(workspace.archive_dir.rglob("sales*"))
    load(workspace)  # what was approved lies in archive/ as the batch that it became, and no second time
    (gone,) = set(kept) - set(workspace.archive_dir.rglob("sales*"))
    assert gone.parent.name == held.batch_id


@pytest.mark.parametrize(("delivery", "is_kept"), [("full", False), ("delta", True)])
def test_an_answer_that_was_held_is_kept_until_a_later_one_says_all_that_it_says(
    workspace: Workspace, address: str, delivery: str, is_kept: bool
) -> None:
    headers = 'headers: {Authorization: "Bearer ${DEALER_TOKEN}"}'
    write_feed(workspace, f'url: "{address}/sales"', "format: {type: json}", headers, delivery=delivery)
    names = SALES_HEADER.split(";")
    for prices in ([1] * 20, [-1] * 20, [2] * 20):
        rows = [dict(zip(names, sale(n, price=price).split(";"), strict=True)) for n, price in enumerate(prices)]
        Address.answers["/sales"] = 200, json.dumps(rows).encode()
        load(workspace)
    batches = query(
        workspace, "select status, archive_path is not null as is_kept from ops.batches order by started_at"
    )
    assert [tuple(batch.values()) for batch in batches] == [("loaded", True), ("refused", is_kept), ("loaded", True)]
    assert len(list(workspace.archive_dir.rglob("sales.*"))) == 2 + is_kept


@pytest.mark.parametrize(("status", "is_transient"), [(404, False), (503, True), (429, True)])
def test_an_address_that_gives_no_data_fails_its_feed(
    workspace: Workspace, address: str, status: int, is_transient: bool
) -> None:
    write_feed(workspace, f"url: {address}/sales.csv", 'headers: {Authorization: "Bearer ${DEALER_TOKEN}"}')
    Address.answers["/sales.csv"] = status, b""
    outcome = load_one(workspace)
    assert (outcome.status, outcome.is_transient) == ("failed", is_transient)
    assert f"status {status}" in outcome.message
    assert os.environ["DEALER_TOKEN"] not in str(outcome)


def test_a_token_is_not_taken_to_another_server(
    workspace: Workspace, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_feed(workspace, f"url: {address}/sales.csv", 'headers: {Authorization: "Bearer ${DEALER_TOKEN}"}')
    Address.answers["/moved.csv"] = 200, f"{SALES_HEADER}\n{sale(1)}\n".encode()
    Address.answers["/sales.csv"] = 302, b"/moved.csv"
    assert load_one(workspace).status == "loaded"
    another = ThreadingHTTPServer(("127.0.0.1", 0), Address)
    threading.Thread(target=another.serve_forever, daemon=True).start()
    Address.answers["/sales.csv"] = 302, f"http://127.0.0.1:{another.server_port}/moved.csv".encode()
    assert "status 401" in load_one(workspace).message  # which that server says without the token
    another.shutdown()
    another.server_close()


def test_from_https_no_request_is_sent_on_in_clear() -> None:
    request = urllib.request.Request("https://example.com/sales.csv")
    with pytest.raises(ValueError, match="in clear"):
        _KeepsSecrets().redirect_request(request, BytesIO(), 302, "", HTTPMessage(), "http://example.com/sales.csv")


@pytest.mark.parametrize("token", ["hidden word", "hidden\nword", "hidden%20word"])
def test_a_library_that_quotes_a_request_tells_no_secret_of_it(
    workspace: Workspace, address: str, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("DEALER_TOKEN", token)
    in_the_address = f'url: "{address}/sales.csv?key=${{DEALER_TOKEN}} &since=2026"'
    in_a_header = f"url: {address}/sales.csv", 'headers: {Authorization: "Bearer ${DEALER_TOKEN}\\n"}'
    for origin in ((in_the_address,), in_a_header):
        write_feed(workspace, *origin)
        outcome = load_one(workspace)
        assert (outcome.status, outcome.is_transient) == ("failed", False)
        assert "***" in outcome.message
        told = query(workspace, "select details::text || message as text from ops.outcomes")
        assert "word" not in str((outcome, told))


def test_a_password_is_not_told_however_it_is_written(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "table: sales")
    monkeypatch.setenv("DEALER_DATABASE", "postgresql://somebody:hidden@word@127.0.0.1:1/dealer")
    assert "failed to resolve host '***@127.0.0.1'" in load_one(workspace).message

    def asked(*_arguments: object) -> None:
        raise OSError("somebody / hidden word / veiled+word was refused")

    monkeypatch.setattr(ingestion.origins, "_ask", asked)
    url = "postgresql://somebody:hidden%20word@127.0.0.1:1/dealer?sslpassword=veiled%2Bword"
    monkeypatch.setenv("DEALER_DATABASE", url)
    assert "somebody / *** / *** was refused" in load_one(workspace).message


def test_a_store_whose_package_raises_what_nobody_foresaw_stops_its_own_feed_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Exception):
        """Of a package that knows no OSError."""

    def opened(_url: str) -> object:
        raise Broken("the key was refused")

    monkeypatch.setattr(ingestion.origins, "_opened", opened)
    write_feed(workspace, "path: s3://bucket/sales_*.csv")
    outcome = load_one(workspace)
    assert (outcome.status, outcome.is_transient) == ("failed", False)
    assert "the key was refused (Broken)" in outcome.message


@pytest.mark.parametrize(
    ("kinds", "is_transient"),
    [
        (("EndpointConnectionError", "ConnectionError"), True),  # of botocore
        (("NoValidConnectionsError",), True),  # of paramiko
        (("AuthenticationException", "SSHException"), False),
    ],
)
def test_a_store_that_does_not_answer_may_be_asked_again_and_one_that_refuses_may_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], is_transient: bool
) -> None:
    raised: type[Exception] = Exception
    for kind in reversed(kinds):
        raised = type(kind, (raised,), {})

    def opened(_url: str) -> object:
        raise raised("Could not connect")

    monkeypatch.setattr(ingestion.origins, "_opened", opened)
    write_feed(workspace, "path: s3://bucket/sales_*.csv")
    outcome = load_one(workspace)
    assert (outcome.status, outcome.is_transient) == ("failed", is_transient)
    assert f"Could not connect ({kinds[0]})" in str(outcome.error)


def test_a_folder_that_a_store_does_not_have_is_told_and_an_empty_one_brings_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    write_feed(workspace, f"path: file://{folder}/sales_{{date:%Y%m%d}}.csv")
    outcome = load_one(workspace)
    assert (outcome.status, outcome.is_transient) == ("failed", False)
    assert f"no folder {folder} there" in outcome.message
    folder.mkdir()
    assert load(workspace) == []


# --- mistakes in the YAML


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("path: d01/sales.csv\n    url: https://example.com/sales.csv", "a feed with `path` and `url`"),
        ("due: '06:00'", "a feed that comes from nowhere"),
        ("connection: DEALER_DATABASE", "give `query` or `table`, one of the two"),
        ("connection: DEALER_DATABASE\n    table: sales\n    cursor: updated_at", "`delivery: delta`, or remove"),
        ("url: https://example.com/sales", "tells no format"),
        ("path: sftp://dealer:secret@example.com/sales.csv", "a password in a YAML"),
        ("path: https://example.com/sales.csv", "a feed with `url:` instead of `path:`"),
        ("path: d01/sales.csv\n    cursor: updated_at", "`cursor` without `connection`"),
        ("connection: A\n    table: sales\n    format: {encoding: cp1251}", "only `decimal` can be said"),
        ("connection: A\n    table: sales\n    cursor_overlap: 5", "`cursor_overlap` without `cursor`"),
    ],
)
def test_a_mistake_about_where_a_feed_comes_from_is_told(workspace: Workspace, origin: str, told: str) -> None:
    write_dealer(workspace, DEALER.format(origin=origin, delivery="full"))
    problems = read_configuration(workspace).problems
    assert any(told in problem for problem in problems), problems
    assert all(problem.startswith("dealers/d01.yml:") for problem in problems)
    assert "secret@" not in str(problems)


def test_what_a_database_says_is_taken_as_it_is(workspace: Workspace, dealers_database: psycopg.Connection) -> None:
    dealers_database.execute(
        """
        create table odd (id text, sold text, customer text, make text, price numeric(20, 8), share float8, raw bytea,
            said jsonb, words text)
        """
    )
    rows: tuple[tuple[object, ...], ...] = (
        ("Итого", "2026-03-01", "a, b\\", 'x""y', "450.125", 1e16, b"\xff\x00", '{"a": [1.5]}', None),
        ("2", "46086", "c\rd", "e\n2,2,2,2,2,2,2,2,2", 0, float("nan"), b"ab", "[]", "7,91612E+10"),
    )
    for row in rows:
        dealers_database.execute("insert into odd values (%s, %s, %s, %s, %s, %s, %s, %s, %s)", row)
    write_feed(workspace, "connection: DEALER_DATABASE", "table: odd")
    outcome = load_one(workspace)
    assert (outcome.counts["rows_read"], outcome.counts["rows_quarantined"]) == (2, 1), outcome.error  # the day 46086
    (kept,) = query(workspace, "select * from raw.dms__sales")
    assert (kept["source_record_id"], kept["full_name"], kept["make"]) == ("Итого", "a, b\\", 'x""y')
    assert kept["price_amount"] == "450.1250"
    assert kept["_extra"] == {"share": "10000000000000000", "raw": "ff00", "said": '{"a": [1.5]}'}
    (waiting,) = query(workspace, "select source_cells from quarantine.rows")
    (_, sold, customer, make, _, _, _, _, words) = rows[1]
    cells = {"id": "2", "sold": sold, "customer": customer, "make": make, "price": "0", "raw": "ab"}
    assert waiting["source_cells"] == {**cells, "words": words}
    assert load_one(workspace).is_told is False  # the same answer is the same file


def test_a_database_gives_dates_and_amounts_that_nobody_has_to_guess(
    workspace: Workspace, dealers_database: psycopg.Connection, tmp_path: Path
) -> None:
    write_feed(workspace, "connection: DEALER_DATABASE", "query: select *, updated_at as moment from sales")
    load_one(workspace)
    (row,) = query(workspace, "select sold_at, _extra from raw.dms__sales where source_record_id = '3'")
    assert row["sold_at"] == "2026-03-01T00:00:00+03:00"
    assert row["_extra"]["moment"].startswith("2026-03-01T")
