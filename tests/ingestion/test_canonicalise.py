"""The dealer's words and formats become ours: dates, amounts, words, keys, and what is kept of the original."""

from __future__ import annotations

import textwrap
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from ingestion import examine
from ingestion.canonicalise import canonicalise, count_rows
from ingestion.dealer_files import FileFormat, validate
from ingestion.land import land
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import normalised_name
from tests.ingestion.deliveries import write_dealer, write_group
from warehouse.database import connect
from warehouse.settings import Workspace

DELIVERED_ON = date(2026, 3, 5)


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace with a group.yml."""
    write_group(workspace)
    return workspace


def sales_feed(**sections: str) -> str:
    """The YAML of a dealer of sales whose columns have our names, with further sections of the feed."""
    columns = sections.pop("columns", "{source_id: source_id, sold_at: sold_at, price_amount: price, phone: phone}")
    text = textwrap.dedent(
        """\
        dealer_code: d01
        name: Север
        time_zone: Europe/Moscow
        feeds:
          - source: dms
            entity: sales
            path: d01/sales.csv
            delivery: full
        """
    )
    return text + "".join(f"    {name}: {value}\n" for name, value in (*sections.items(), ("columns", columns)))


def judged(workspace: Workspace, yaml: str, content: str | Path) -> list[dict[str, Any]]:
    """What the gate would see of a file, with the texts and cells that raw would hold."""
    write_dealer(workspace, yaml)
    configuration = validate(workspace)
    (feed,) = configuration.feeds
    if isinstance(content, Path):
        file = content
    else:
        file = workspace.root / "file"
        file.write_text(content, encoding="utf-8")
    names = frozenset(normalised_name(name) for _, dealer_names in feed.columns for name in dealer_names)
    with connect(workspace, autocommit=True) as connection:
        landed = land(connection, "b_test", open_table(file, feed.format, names))
        table = count_rows(connection, canonicalise(connection, "test", landed, feed, configuration, DELIVERED_ON))
        with connection.cursor(row_factory=dict_row) as cursor:
            texts = sql.SQL(", ").join(
                sql.SQL("{} as {}").format(table.text_of(name), sql.Identifier(f"{name}_text")) for name in table.mapped
            )
            query = sql.SQL("select *, {} from {} order by _source_row").format(texts, table.identifier)
            rows = cursor.execute(query).fetchall()
            view = sql.Identifier("landing", table.judged)
            seen = cursor.execute(sql.SQL("select * from {} order by _source_row").format(view)).fetchall()
    return [{**row, **judged_row} for row, judged_row in zip(rows, seen, strict=True)]


def sold(workspace: Workspace, *cells: str, **sections: str) -> list[str | None]:
    content = "source_id;sold_at;price;phone\n" + "".join(f"{n};{cell};1;\n" for n, cell in enumerate(cells))
    return [row["sold_at_text"] for row in judged(workspace, sales_feed(**sections), content)]


def test_a_moment_may_be_counted_from_1970(workspace: Workspace) -> None:
    counted = ["1772695800", "1772695800123", "/Date(1772695800123+0300)/", "/Date(1772695800000)/"]
    assert sold(workspace, "20260305103000", "20260305253000") == ["2026-03-05T10:30:00+03:00", None]
    assert sold(workspace, *counted, "17726958001", "2772695800", "177269580") == [
        *["2026-03-05T10:30:00+03:00"] * 4,
        *[None] * 3,
    ]


def priced(workspace: Workspace, *cells: str, **sections: str) -> list[str | None]:
    content = "source_id\tsold_at\tprice\tphone\n" + "".join(
        f"{n}\t2026-03-01\t{cell}\t\n" for n, cell in enumerate(cells)
    )
    return [row["price_amount_text"] for row in judged(workspace, sales_feed(**sections), content)]


@pytest.mark.parametrize(
    ("cell", "text", "sections"),
    [
        ("2026-03-05", "2026-03-05T00:00:00+03:00", {}),
        ("2026-03-05T10:15:00Z", "2026-03-05T13:15:00+03:00", {}),
        ("2026-03-05 10:15:30+05:00", "2026-03-05T08:15:30+03:00", {}),
        ("05.03.2026 9:05", "2026-03-05T09:05:00+03:00", {}),
        ("5.3.26", "2026-03-05T00:00:00+03:00", {}),
        ("03/05/2026 1:15 PM", "2026-03-05T13:15:00+03:00", {"dates": "{order: mdy}"}),
        ("20260305", "2026-03-05T00:00:00+03:00", {}),
        ("05-03-2026_1015", "2026-03-05T10:15:00+03:00", {"dates": '{format: "%d-%m-%Y_%H%M"}'}),
        ("05.03.2010", "2010-03-05T00:00:00+03:00", {}),
    ],
)
def test_a_moment_is_written_with_the_dealers_offset(
    workspace: Workspace, cell: str, text: str, sections: dict[str, str]
) -> None:
    assert sold(workspace, cell, **sections) == [text]


@pytest.mark.parametrize("cell", ["soon", "today", "infinity", "4535", "31.02.2026", "2026-13-01", "нет"])
def test_a_cell_that_is_no_date_is_empty_flagged_and_kept(workspace: Workspace, cell: str) -> None:
    (_, row) = judged(workspace, sales_feed(), f"source_id;sold_at;price;phone\n1;2026-03-01;1;\n2;{cell};1;\n")
    assert (row["sold_at"], row["sold_at_is_castable"], row["_source_cells"]["sold_at"]) == (None, False, cell)


def test_a_month_may_be_a_name_in_russian_or_english(workspace: Workspace) -> None:
    texts = {
        "2 февраля 2026 г.": "2026-02-02",
        "2 фев. 2026 года 10:15": "2026-02-02T10:15",
        "02-мая-26": "2026-05-02",
        "Пн, 12 май 2025": "2025-05-12",
        "02-Feb-26": "2026-02-02",
        "February 2nd, 2026 1:15 PM": "2026-02-02T13:15",
        "Mon, 02 Feb 2026 10:15:00 +0300": "2026-02-02T10:15",
        "2 Dec 98": "1998-12-02",
        "Mar 12 10:12:15": None,
        "5 мая 10:12:00": None,
        "5 Mar 10:12": None,
        "5 мая 26 10:12": "2026-05-05T10:12",
        "32 февраля 2026": None,
        "февраль 2026": None,
    }
    found = [text and text.removesuffix(":00+03:00").removesuffix("T00:00") for text in sold(workspace, *texts)]
    assert dict(zip(texts, found, strict=True)) == texts


def test_a_short_year_behind_the_name_of_a_month_is_no_day(workspace: Workspace) -> None:
    assert sold(workspace, "02-Feb-26", "03-Feb-26") == ["2026-02-02T00:00:00+03:00", "2026-02-03T00:00:00+03:00"]


def test_dates_are_known_behind_blanks_and_marks_that_nobody_sees(workspace: Workspace) -> None:
    for cells in (("  05.03.2026 ", "    6.3.2026"), ("\u202d05.03.2026\u202c", "\u200b6.3.2026")):
        assert sold(workspace, *cells) == ["2026-03-05T00:00:00+03:00", "2026-03-06T00:00:00+03:00"]


@pytest.mark.parametrize("cell", ["-", "NULL", "\\N", "н/д", "0000-00-00 00:00:00"])
def test_a_word_for_nothing_is_an_empty_cell(workspace: Workspace, cell: str) -> None:
    content = f"source_id;sold_at;price;phone\n1;2026-03-01;1,50;\n2;{cell};{cell};{cell}\n"
    (_, row) = judged(workspace, sales_feed(), content)
    if cell[0] != "0":
        assert (row["price_amount"], row["price_amount_is_castable"]) == (None, True)
    assert (row["sold_at"], row["sold_at_is_castable"]) == (None, True)
    assert (row["phone"], row["_source_cells"]["sold_at"]) == (cell, cell)


def test_an_empty_cell_is_null_and_can_be_cast(workspace: Workspace) -> None:
    (row,) = judged(workspace, sales_feed(), "source_id;sold_at;price;phone\n1; ;\u00a0;\n")
    for column in ("sold_at", "price_amount"):
        assert (row[column], row[f"{column}_is_castable"]) == (None, True)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1234.5", "1234.50"),
        ("1 234 567,80", "1234567.80"),
        ("1\u00a0234\u202f567,8 ₽", "1234567.80"),
        ("1.234,50", "1234.50"),
        ("RUB 1,234.50", "1234.50"),
        ("$1,234.50", None),
        ("1 234,50 EUR", None),
        ("1 500 000 руб.", "1500000.00"),
        ("-5,5", "-5.50"),
        ("(5,50)", "-5.50"),
        ("\u22125,50", "-5.50"),
        ("5,50-", "-5.50"),
        ("1500-", "-1500.00"),
        ("1500 -", None),
        ("24.990,-", "24990.00"),
        ("₽ 24.990,-", "24990.00"),
        ("24.990,- ₽", "24990.00"),
        ("1 500,-", "1500.00"),
        ("1500.-", "1500.00"),
        ("1 500,-- руб.", "1500.00"),
        ("1500 руб.-", None),
        ("-1 500,–", "-1500.00"),
        ("\u200e5,50\u200b", "5.50"),
        ("007", "7.00"),
        ("нет", None),
        ("1e5", None),
        ("NaN", None),
    ],
)
def test_an_amount_is_written_with_a_point_and_two_decimals(workspace: Workspace, cell: str, text: str | None) -> None:
    assert priced(workspace, cell) == [text]


def test_a_sign_of_money_is_no_matter_where_something_says_whose_it_is(workspace: Workspace) -> None:
    assert priced(workspace, "€ 24.990,-", "5,50 ₽", constants="{currency: EUR}") == ["24990.00", None]
    yaml = sales_feed(columns="{source_id: id, sold_at: at, price_amount: price, currency: money}")
    (row,) = judged(workspace, yaml, "id;at;price;money\n1;2026-03-01;$5.50;USD\n")
    assert row["price_amount_text"] == "5.50"


@pytest.mark.parametrize(("own", "cell"), [("CAD", "$5.50"), ("EGP", "£ 5.50"), ("AUD", "$ 5.50")])
def test_signs_that_several_countries_write_are_of_the_own_money_where_it_has_none(
    workspace: Workspace, own: str, cell: str
) -> None:
    assert priced(workspace, cell, "5.50 USD", constants=f"{{currency: {own}}}") == ["5.50", None]


def test_the_decimal_mark_of_the_yaml_is_taken(workspace: Workspace) -> None:
    assert priced(workspace, "1.234", format='{decimal: "."}') == ["1.234"]
    assert priced(workspace, "1.234") == ["1234.00"]


def test_words_are_ours_and_unknown_ones_are_told(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{source_id: id, sold_at: at, status: status}", values="{status: {Закрыта: delivered}}")
    rows = judged(
        workspace, yaml, "id;at;status\n1;2026-03-01;закрыта\n2;2026-03-01;Отменён\n3;2026-03-01;??\n4;2026-03-01;\n"
    )
    assert [(row["status"], row["status_is_known"]) for row in rows] == [
        ("delivered", True),
        ("cancelled", True),
        (None, False),
        (None, True),
    ]
    assert rows[2]["_source_cells"]["status"] == "??"


def test_whole_numbers_may_have_a_point_and_zeros(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{source_id: id, sold_at: at, model_year: year}")
    rows = judged(workspace, yaml, "id;at;year\n1;2026-03-01;2019.0\n2;2026-03-01;2020\n3;2026-03-01;2020.5\n")
    assert [(row["model_year"], row["model_year_is_castable"]) for row in rows] == [
        (2019, True),
        (2020, True),
        (None, False),
    ]


def test_a_birth_year_of_two_digits_is_not_in_the_future(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{source_id: id, sold_at: at, birth_date: born}")
    rows = judged(workspace, yaml, "id;at;born\n1;01.03.26;13.04.45\n2;01.03.26;13.04.85\n3;01.03.26;13.04.05\n")
    assert [str(row["birth_date"]) for row in rows] == ["1945-04-13", "1985-04-13", "2005-04-13"]


def test_a_birth_year_of_two_digits_behind_a_month_is_not_in_the_future_and_one_of_four_is_as_written(
    workspace: Workspace,
) -> None:
    yaml = sales_feed(columns="{source_id: id, sold_at: at, birth_date: born}")
    texts = {
        "05 июня 58": "1958-06-05",
        "5 мая 58 г.": "1958-05-05",
        "5 мая 05": "2005-05-05",
        "September 5th, 58": "1958-09-05",
        "5 мая 2058": "2058-05-05",
    }
    content = "id;at;born\n" + "".join(f"{n};1 мар 58;{born}\n" for n, born in enumerate(texts))
    rows = judged(workspace, yaml, content)
    assert dict(zip(texts, (str(row["birth_date"]) for row in rows), strict=True)) == texts
    assert {row["sold_at"].year for row in rows} == {2058}  # which the gate keeps out: nobody sold anything in 1958


def test_a_birth_year_of_two_digits_in_an_exact_format_is_not_in_the_future(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{source_id: id, sold_at: at, birth_date: born}", dates='{format: "%d.%m.%y"}')
    rows = judged(workspace, yaml, "id;at;born\n1;01.03.26;13.04.45\n2;01.03.26;13.04.85\n3;01.03.26;13.4.05\n")
    assert [str(row["birth_date"]) for row in rows] == ["1945-04-13", "1985-04-13", "2005-04-13"]
    assert {row["sold_at"].year for row in rows} == {2026}


def test_constants_stand_in_every_row(workspace: Workspace) -> None:
    yaml = sales_feed(constants="{vehicle_condition: new, currency: RUB}")
    (row,) = judged(workspace, yaml, "source_id;sold_at;price;phone\n1;2026-03-01;1;\n")
    assert (row["vehicle_condition"], row["currency"], row["_source_cells"]) == (
        "new",
        "RUB",
        {"price_amount": "1", "sold_at": "2026-03-01"},
    )


def test_a_cell_that_was_only_trimmed_is_kept_as_it_was(workspace: Workspace) -> None:
    (row,) = judged(workspace, sales_feed(), "source_id;sold_at;price;phone\n1;2026-03-01;1.00; 8 916 \n")
    assert row["phone"] == "8 916"
    assert row["_source_cells"]["phone"] == " 8 916 "
    assert "source_id" not in row["_source_cells"]


def test_the_first_of_several_names_that_exists_is_taken_whatever_its_case_and_spaces(workspace: Workspace) -> None:
    yaml = sales_feed(columns='{source_id: [Nr, "№ Док."], sold_at: at}')
    (row,) = judged(workspace, yaml, "№\u00a0док. ;at\n17;2026-03-01\n")
    assert row["source_record_id"] == "17"


def test_an_order_number_that_repeats_every_year_includes_the_year(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{source_id: id, closed_at: at}").replace("entity: sales", "entity: service_orders")
    rows = judged(workspace, yaml, "id;at\n17;2025-12-31\n17;2026-01-01\n")
    assert [row["source_record_id"] for row in rows] == ["2025-17", "2026-17"]
    assert not any(row["is_key_repeated"] for row in rows)


def test_a_record_without_a_number_is_told_by_its_key_columns(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{vin: vin, chassis_no: chassis, make: make}").replace(
        "entity: sales", "entity: vehicles"
    )
    first, same, other, none = judged(workspace, yaml, "vin;chassis;make\nA;;LADA\nA;;Kia\n;A;LADA\n;;LADA\n")
    assert first["source_record_id"] == same["source_record_id"] != other["source_record_id"]
    assert len(first["source_record_id"]) == 32
    assert none["source_record_id"] is None


def test_of_rows_with_one_key_a_copy_is_no_repetition_and_another_content_is(workspace: Workspace) -> None:
    rows = judged(
        workspace,
        sales_feed(),
        "source_id;sold_at;price;phone\n1;2026-03-01;1;\n1;2026-03-01;1.00;\n1;2026-03-01;2;\n2;2026-03-01;1;\n",
    )
    assert [(row["_is_copy"], row["is_key_repeated"]) for row in rows] == [
        (False, False),
        (True, False),
        (False, True),
        (False, False),
    ]


def test_the_hash_is_of_the_canonical_text_whatever_the_dealer_wrote(workspace: Workspace) -> None:
    content = "source_id;sold_at;price;phone\n1;{};{};x\n"
    (first,) = judged(workspace, sales_feed(), content.format("2026-03-13", "1000.5"))
    (second,) = judged(workspace, sales_feed(), content.format("13.03.2026", "1 000,50"))
    assert first["_row_hash"] == second["_row_hash"]
    wider = sales_feed(
        columns="{source_id: source_id, sold_at: sold_at, price_amount: price, phone: phone, make: make}"
    )
    (third,) = judged(workspace, wider, "source_id;sold_at;price;phone;make\n1;2026-03-13;1000.50;x;\n")
    assert third["_row_hash"] == first["_row_hash"]


def test_rows_with_the_same_cells_in_other_columns_have_other_hashes(workspace: Workspace) -> None:
    feed = sales_feed(columns="{source_id: source_id, sold_at: sold_at, make: make, model: model, phone: phone}")
    cells = ("Lada;Vesta;", "Vesta;Lada;", "Lada;;Vesta", "Lada;Lada;", "Vesta;Vesta;", ";;")
    rows = "".join(f"1;2026-03-13;{three}\n" for three in cells)
    hashes = [row["_row_hash"] for row in judged(workspace, feed, f"source_id;sold_at;make;model;phone\n{rows}")]
    assert len(set(hashes)) == len(cells)


def test_excel_and_csv_of_the_same_rows_are_the_same(workspace: Workspace) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["source_id", "sold_at", "price", "phone"])
    sheet.append([1, datetime(2026, 3, 13), 1000.5, 79161234567.0])
    file = workspace.root / "sales.xlsx"
    book.save(file)
    excel = sales_feed().replace("d01/sales.csv", "d01/sales.xlsx")
    (from_excel,) = judged(workspace, excel, file)
    (from_csv,) = judged(workspace, sales_feed(), "source_id;sold_at;price;phone\n1;2026-03-13;1000.5;79161234567\n")
    assert from_excel["_row_hash"] == from_csv["_row_hash"]


def test_columns_of_one_name_that_nobody_maps_are_all_kept(workspace: Workspace) -> None:
    text = "source_id;sold_at;price;phone;note;note\n1;2026-03-13;1;;a;b\n"
    (row,) = judged(workspace, sales_feed(), text)
    assert row["_extra"] == {"note": "a", "note (2)": "b"}


def test_an_adf_feed_needs_no_columns(workspace: Workspace) -> None:
    yaml = "\n".join(line for line in sales_feed().splitlines() if "columns" not in line) + "\n"
    yaml = yaml.replace("source: dms", "source: web").replace("entity: sales", "entity: leads")
    file = Path(__file__).parent / "readers" / "adf" / "01_ok_two_prospects.xml"
    first, second = judged(workspace, yaml.replace("d01/sales.csv", "d01/*.xml"), file)
    assert (first["dealer_code"], first["source_record_id"], first["make"]) == ("d01", "site/L-1", "LADA")
    assert str(second["created_at_text"]) == "2024-03-05T10:16:00+03:00"
    assert first["_extra"]["vehicle.year"] == "2024"


def test_the_judged_view_has_every_column_of_the_contract_with_its_type(workspace: Workspace) -> None:
    (row,) = judged(workspace, sales_feed(), "source_id;sold_at;price;phone\n1;2026-03-01;1;\n")
    write_dealer(workspace, sales_feed())
    contract = validate(workspace).feeds[0].contract
    assert set(contract.column_names) <= set(row)
    for column in contract.columns:
        if column.type == "word":
            assert row[f"{column.name}_is_known"] is True
        elif column.type != "text":
            assert row[f"{column.name}_is_castable"] is True


FILES = {
    "clean": "1;2026-03-13;1000.50;x\n2;2026-03-14;0.05;\n3;;-7.00;y\n",
    "commas": "1;13.03.2026;1000,50;x\n2;14.03.2026;0,05;\n3;13.03.2026;;y\n",
    "a bad date": "1;2026-02-30;1.00;\n2;today;2.00;\n3;2026-03-01 10:15;3.00;\n",
    "numbers that change": "1;2026-03-13;1.50;\n2;2026-03-13;1 000.5 руб;\n3;2026-03-13;нет;\n",
    "leading zeros": "1;2026-03-13;1.50;\n2;2026-03-13;007.50;\n3;2026-03-13;-0.00;\n",
    "no numbers": "1;2026-03-13;1.50;\n2;2026-03-13;NaN;\n3;2026-03-13;Infinity;\n",
    "blanks": " 1;2026-03-13 ;1.50;\u00a0x\n2;2026-03-13;1.50 ; \n",
    "empty quotes": '1;2026-03-13;1.50;""\n"2";"2026-03-13";"1.50";" x"\n',
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_short_cut_through_a_file_gives_what_the_long_way_gives(
    workspace: Workspace, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "source_id;sold_at;price;phone\n" + content
    monkeypatch.setattr(examine, "SAMPLE_ROWS", 1)
    short = judged(workspace, sales_feed(), content)
    monkeypatch.setattr(examine, "SAMPLE_ROWS", 0)
    monkeypatch.setattr(examine, "FEW_CELLS", -1)
    blanks_seen = property(lambda _edges: True, lambda _edges, _seen: None)
    monkeypatch.setattr("ingestion.land._Edges.has_blanks", blanks_seen, raising=False)
    assert judged(workspace, sales_feed(), content) == short


@pytest.mark.parametrize(
    ("content", "codec", "is_trimmed"),
    [
        ("a;b\n1;x y\n2;\n", "utf-8", True),
        ('a;b\r\n1;"x y"\r\n', "utf-8", True),
        ("a;b\n1; x\n", "utf-8", False),
        ("a;b\n1 ;x\n", "utf-8", False),
        ("a;b\n1;x \n", "utf-8", False),
        ("a;b\n1;x\t\r\n", "utf-8", False),
        ("a;b\n1;x\u00a0\n", "utf-8", False),
        ("a;ж\n1;x\u00a0\n", "cp1251", False),
        ("a;ж\n1;я\n", "cp1251", True),
        ('a;b\n1;""\n', "utf-8", False),
        ('a;b\n1;" x"\n', "utf-8", False),
    ],
)
def test_cells_need_no_trimming_where_none_begins_or_ends_with_a_blank(
    workspace: Workspace, content: str, codec: str, is_trimmed: bool
) -> None:
    file = workspace.root / "file"
    file.write_bytes(content.encode(codec))
    form = FileFormat("csv", encoding=codec)
    with connect(workspace, autocommit=True) as connection:
        assert land(connection, "b_test", open_table(file, form, frozenset(("a",)))).is_trimmed is is_trimmed


def test_a_duration_in_hours_minutes_and_seconds_is_one_in_seconds(workspace: Workspace) -> None:
    yaml = sales_feed(columns="{source_id: id, started_at: at, duration_s: took}")
    yaml = yaml.replace("source: dms", "source: telephony").replace("entity: sales", "entity: calls")
    rows = judged(workspace, yaml, "id;at;took\n1;2026-03-01;00:01:30\n2;2026-03-01;75\n3;2026-03-01;1:15\n")
    assert [row["duration_s"] for row in rows] == [90, 75, None]  # of the third nobody knows whether it is minutes
