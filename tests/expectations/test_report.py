from __future__ import annotations

import re

import psycopg
import pytest

from expectations.gate import record
from expectations.report import masked, shape_of, write_report
from expectations.verdict import Finding, Verdict
from ingestion.load import load
from tests.ingestion.deliveries import deliver_sales, sale, write_group, write_sales_dealer
from tests.warehouse.fake_builds import make_identity, make_marts
from warehouse.build import open_build, publish_marts
from warehouse.database import connect

NIGHT = """
insert into ops.settings (setting, value) values ('name', 'Группа «Север» & <Co>'), ('time_zone', 'Europe/Moscow');
insert into ops.feeds (feed_id, dealer_code, source_system, entity, path, format_type, delivery, definition)
values ('d01/dms/sales/d01/*.csv', 'd01', 'dms', 'sales', 'd01/*.csv', 'csv', 'full', '{}');
insert into ops.batches (
    batch_id, batch_seq, feed_id, dealer_code, source_system, entity, source_file, content_sha256, byte_count,
    delivered_on, arrived_at, status, reason, rows_read, rows_new, rows_changed, rows_unchanged, rows_quarantined
) values
    ('b1', 1, 'd01/dms/sales/d01/*.csv', 'd01', 'dms', 'sales', 'd01/<b>sales</b>.csv', 'x', 1, '2026-03-05', now(),
     'loaded', null, 12345, 12340, 2, 1, 2),
    ('b2', null, 'd01/dms/sales/d01/*.csv', 'd01', 'dms', 'sales', 'd01/broken.csv', 'y', 1, '2026-03-05', now(),
     'refused', 'GateRefused: petrov@example.org, 8 (916) 123-45-67', 99, 0, 0, 0, 0),
    ('other', 2, 'd01/dms/sales/d01/*.csv', 'd01', 'dms', 'sales', 'd01/yesterday.csv', 'z', 1, '2026-03-04', now(),
     'loaded', null, 7, 7, 0, 0, 0);
insert into ops.outcomes (run_id, feed_id, dealer_code, source_file, batch_id, step, status, message) values
    ('night:1', 'd01/dms/sales/d01/*.csv', 'd01', 'd01/<b>sales</b>.csv', 'b1', 'publish', 'done', ''),
    ('night:1', 'd01/dms/sales/d01/*.csv', 'd01', 'd01/broken.csv', 'b2', 'gate', 'refused', 'refused'),
    ('night:1', 'd01/dms/sales/d01/*.csv', 'd01', 'd01/again.csv', null, 'discover', 'skipped', 'seen before'),
    ('night:0', 'd01/dms/sales/d01/*.csv', 'd01', 'd01/yesterday.csv', 'other', 'publish', 'done', '');
insert into quarantine.rows (
    batch_id, feed_id, dealer_code, source_system, entity, source_file, source_row, source_cells
) values
    ('b1', 'd01/dms/sales/d01/*.csv', 'd01', 'dms', 'sales', 'd01/<b>sales</b>.csv', 17, '{}'),
    ('b1', 'd01/dms/sales/d01/*.csv', 'd01', 'dms', 'sales', 'd01/<b>sales</b>.csv', 18, '{}');
insert into quarantine.findings (quarantine_id, rule_code, column_name, value, sentence)
select quarantine_id, 'price_not_positive', 'price_amount', 'Петров-' || source_row, 'Not <i>sold</i> for nothing.'
from quarantine.rows;
insert into ops.builds (status, horizon, as_of_date, identity_version, settings_hash, code_version, holder, reason)
values ('refused', 1, '2026-03-05', 'default', '', '', '', 'It does not hang together.');
"""


def finding(rule, action, is_success, column=None):
    return Finding(rule, column, action, f"What {rule} says.", is_success, int(not is_success), 100, None)


@pytest.fixture
def page_of_a_night(bootstrapped_database_url, tmp_path):
    with psycopg.connect(bootstrapped_database_url) as connection:
        connection.execute(NIGHT)
        loaded = Verdict((finding("kept_rule", "refuse", True), finding("test_record", "warn", False, "full_name")))
        record(connection, loaded, suite="dms__sales", batch_id="b1")
        record(connection, Verdict((finding("key_repeated", "refuse", False),)), suite="dms__sales", batch_id="b2")
        marts = (finding("id_repeated", "refuse", False, "dim_customers.customer_id"), finding("fine", "warn", True))
        record(connection, Verdict(marts), suite="marts", build_id=1)
        path = write_report(connection, tmp_path / "quality docs", run_id="night:1", build_id=1)
    return path


def text_of(path):
    return re.sub(r"[^\S\u202f]+", " ", re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")))


def test_the_page_tells_what_was_loaded_refused_skipped_and_quarantined(page_of_a_night):
    text = text_of(page_of_a_night)

    assert page_of_a_night.name == "load_night_1.html"
    assert "12\u202f345 rows read" in text
    assert "12\u202f342 rows new or changed" in text
    assert "1 files loaded" in text
    assert "1 files refused" in text
    assert "seen before" in text
    assert re.search(r"price_not_positive price_amount .* 2 1 ", text)
    assert "test_record full_name What test_record says." in text
    assert "key_repeated What key_repeated says." in text
    assert "yesterday" not in text


def test_the_page_tells_what_the_gate_of_the_marts_found(page_of_a_night):
    text = text_of(page_of_a_night)

    assert "Build 1, as of 2026-03-05: refused . 1 of 2 rules hold. What was published before stays." in text
    assert "id_repeated dim_customers.customer_id What id_repeated says. 1 100 refuse" in text
    assert "fine What fine says. holds" in text


def test_no_cell_and_no_contact_stands_in_the_page(page_of_a_night):
    page = page_of_a_night.read_text(encoding="utf-8")

    assert "Петров" not in page
    assert "Яяяяяя-99" in page
    assert "petrov@" not in page
    assert "123-45-67" not in page


def test_what_came_from_files_and_settings_is_escaped(page_of_a_night):
    page = page_of_a_night.read_text(encoding="utf-8")

    assert "Группа «Север» &amp; &lt;Co&gt;" in page
    assert "d01/&lt;b&gt;sales&lt;/b&gt;.csv" in page
    assert "&lt;i&gt;sold&lt;/i&gt;" in page
    assert "<b>sales</b>" not in page


def test_the_page_needs_nothing_but_itself(page_of_a_night):
    page = page_of_a_night.read_text(encoding="utf-8")

    assert "default-src 'none'" in page
    assert not re.search(r"https?://|\bsrc=|\bhref=|<script|url\(|@import", page)
    assert list(page_of_a_night.parent.iterdir()) == [page_of_a_night]


def test_the_page_of_a_build_shows_every_file_since_the_build_before(bootstrapped_database_url, tmp_path):
    with psycopg.connect(bootstrapped_database_url) as connection:
        connection.execute(NIGHT)
        connection.execute("update ops.builds set status = 'published', started_at = now() - interval '1 hour'")
        connection.execute("update ops.outcomes set happened_at = now() - interval '2 hours' where run_id = 'night:0'")
        connection.execute(
            """
            insert into ops.builds (status, horizon, as_of_date, identity_version, settings_hash, code_version, holder)
            values ('published', 2, '2026-03-05', 'default', '', '', '')
            """
        )
        first = write_report(connection, tmp_path, build_id=1)
        second = write_report(connection, tmp_path, build_id=2)

    assert (first.name, second.name) == ("build_1.html", "build_2.html")
    assert "yesterday.csv" in text_of(first)
    assert "yesterday.csv" not in text_of(second)
    assert "broken.csv" in text_of(second)


def test_a_run_in_which_nothing_happened_has_a_page_too(bootstrapped_database_url, tmp_path):
    with psycopg.connect(bootstrapped_database_url) as connection:
        path = write_report(connection, tmp_path, run_id="../quiet")

    assert path.parent == tmp_path
    assert "No file was looked at." in text_of(path)
    assert "Nothing was built in this run." in text_of(path)


@pytest.mark.parametrize(
    ("cell", "shape"),
    [
        ("Петров Иван", "Яяяяяя Яяяя"),
        ("+7 (916) 123-45-67", "+9 (999) 999-99-99"),
        ("a.B@example.org", "a.A@aaaaaaa.aaa"),
        ("31.02.2025", "99.99.9999"),
        (None, "(empty)"),
        ("x" * 100, "a" * 39 + "…"),
    ],
)
def test_a_cell_is_shown_by_its_shape(cell, shape):
    assert shape_of(cell) == shape


def test_a_message_keeps_its_words_dates_and_file_names():
    message = "row 17 of d01/sales_20260305.csv: 05.03.2026 10:15, 1,234,567.00; call 8 916 123 45 67 or a@b.ru"

    assert masked(message) == "row 17 of d01/sales_20260305.csv: 05.03.2026 10:15, 1,234,567.00; call ••• or •••@•••"


def test_a_load_leaves_a_page_unless_it_only_skipped(workspace):
    write_group(workspace)
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price="-5")])

    load(workspace)
    (page,) = workspace.quality_docs_dir.glob("load_*.html")
    load(workspace)

    assert "price_not_positive" in text_of(page)
    assert list(workspace.quality_docs_dir.iterdir()) == [page]


def test_a_dry_run_leaves_no_page(workspace):
    write_group(workspace)
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(1)])

    load(workspace, dry_run=True)

    assert not workspace.quality_docs_dir.exists()


def test_a_published_build_leaves_a_page(workspace):
    with connect(workspace, autocommit=True) as connection:
        connection.execute("update ops.batch_sequence set last_batch_seq = 1")
        opened = open_build(workspace, holder="airflow:night")
        make_marts(connection, 1)
        make_identity(connection, {"d01/dms/sales/1": "c1"})
        publish_marts(workspace, opened.build_id)

    (page,) = workspace.quality_docs_dir.iterdir()
    assert page.name == f"build_{opened.build_id}.html"
    assert "published" in text_of(page)
