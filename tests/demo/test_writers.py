import io
import json
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from demo.centres import Feed, read_centres
from demo.rows import Row, Value
from demo.writers import NO_BREAK_SPACE, write_rows

CENTRES = read_centres()


def feed_of(dealer_code: str, source: str, entity: str) -> Feed:
    feed = CENTRES[dealer_code].feed(source, entity)
    assert feed is not None
    return feed


def row_of(feed: Feed, **values: Value) -> Row:
    return Row(feed.dealer_code, feed.dealer_code, feed.source, feed.entity, date(2026, 3, 1), values)


def test_cp1251_has_titles_a_total_and_decimal_commas() -> None:
    feed = feed_of("d01", "dms", "sales")
    rows = [
        row_of(feed, source_id="СА-1", sold_at=datetime(2025, 5, 6, 14, 30), price_amount=1_500_000),
        row_of(feed, source_id="СА-2", sold_at=None, price_amount=900_000, consent_marketing="granted"),
    ]

    lines = write_rows(feed, CENTRES["d01"], rows).decode("cp1251").split("\r\n")

    assert lines[0].startswith("Север-Авто")
    assert lines[3].startswith("№ док.;Дата;")
    assert lines[4].startswith("СА-1;06.05.2025 14:30;")
    assert f";1{NO_BREAK_SPACE}500{NO_BREAK_SPACE}000,00;" in lines[4]
    assert ";Да" in lines[5]
    assert lines[6].startswith("Итого;")
    assert f";2{NO_BREAK_SPACE}400{NO_BREAK_SPACE}000,00;" in lines[6]


def test_a_byte_order_mark_stands_before_utf_8_where_the_yaml_says_so() -> None:
    feed = feed_of("d02", "dms", "customers")

    assert write_rows(feed, CENTRES["d02"], []).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("dealer_code", "expected"),
    [("d02", "06.05.2025 14:30"), ("d05", "05/06/2025 14:30"), ("d06", "2025-05-06 14:30:00")],
)
def test_moments_are_written_in_the_dealers_order(dealer_code: str, expected: str) -> None:
    feed = feed_of(dealer_code, "dms", "service_orders")
    row = row_of(feed, source_id="1", closed_at=datetime(2025, 5, 6, 14, 30))

    assert expected in write_rows(feed, CENTRES[dealer_code], [row]).decode(feed.file_format["encoding"])


def test_excel_holds_dates_amounts_and_the_phones_that_it_took_for_numbers() -> None:
    feed = feed_of("d03", "dms", "customers")
    row = row_of(feed, source_id="1", birth_date=date(1980, 2, 3), phone="79161234567.0", phone_2="8 (916) 000-11-22")

    sheet = openpyxl.load_workbook(io.BytesIO(write_rows(feed, CENTRES["d03"], [row]))).worksheets[0]
    cells = dict(zip((cell.value for cell in sheet[1]), (cell.value for cell in sheet[2]), strict=True))

    assert cells["Дата рожд."] == datetime(1980, 2, 3)
    assert cells["Телефон 1"] == 79161234567
    assert cells["Телефон 2"] == "8 (916) 000-11-22"


def test_excel_files_hold_no_time_of_writing() -> None:
    feed = feed_of("d03", "dms", "customers")

    content = write_rows(feed, CENTRES["d03"], [row_of(feed, source_id="1")])

    properties = openpyxl.load_workbook(io.BytesIO(content)).properties
    assert properties.modified == properties.created == datetime(2026, 1, 1)


def test_json_lines_have_the_dealers_names_and_offsets_and_leave_out_what_is_empty() -> None:
    feed = feed_of("_group", "web", "leads")
    moment = datetime(2026, 3, 1, 2, 30, tzinfo=ZoneInfo("Asia/Vladivostok"))
    row = row_of(feed, source_id="R1", created_at=moment, full_name="Анна", email="")

    assert json.loads(write_rows(feed, CENTRES["_group"], [row])) == {
        "request_id": "R1",
        "created": "2026-03-01T02:30:00+10:00",
        "name": "Анна",
    }


def test_our_words_become_the_dealers() -> None:
    feed = feed_of("d04", "dms", "sales")
    row = row_of(feed, source_id="1", document_type="return", status="cancelled")

    written = json.loads(write_rows(feed, CENTRES["d04"], [row]))

    assert (written["deal_type"], written["deal_status"]) == ("REVERSAL", "VOID")


def test_ignored_and_unknown_columns_stand_beside_the_mapped_ones() -> None:
    feed = feed_of("d01", "dms", "sales")
    row = replace(row_of(feed, source_id="1", price_amount=1), extra={"Менеджер": "Иванов И.", "Цвет": "белый"})

    lines = write_rows(feed, CENTRES["d01"], [row]).decode("cp1251").split("\r\n")

    assert lines[3].endswith(";Менеджер;Цвет")
    assert lines[4].endswith(";Иванов И.;белый")
