"""One spoiled file per named check: only that check catches it, and nothing of the file reaches raw."""

from __future__ import annotations

import textwrap
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingestion.approvals import approve
from ingestion.load import load
from ingestion.outcomes import FileOutcome
from tests.ingestion.deliveries import (
    SALES_HEADER,
    deliver,
    deliver_sales,
    query,
    sale,
    write_dealer,
    write_sales_dealer,
)
from warehouse.settings import Workspace

WITH_TOTAL = """\
    format:
      total_row: {column: id, equals: Итого, sums: {price_amount: price}}
"""


pytestmark = pytest.mark.usefixtures("sales_dealer")


def add_to_feed(workspace: Workspace, text: str) -> None:
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def sales_file(*rows: str, header: str = SALES_HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def load_one(workspace: Workspace, content: str | bytes) -> FileOutcome:
    deliver(workspace, "d01/sales_20260302.csv", content, minute=1)
    return load(workspace)[-1]


def assert_refused(workspace: Workspace, outcome: FileOutcome, reason_code: str, status: str = "refused") -> None:
    assert (outcome.status, outcome.message.split(":")[0]) == (status, reason_code)
    (batch,) = query(workspace, "select * from ops.batches where status <> 'loaded'")
    assert (batch["status"], batch["reason_code"], batch["batch_seq"]) == (status, reason_code, None)
    assert batch["reason"] == outcome.error
    checks = query(workspace, f"select * from ops.checks where rule_code = '{reason_code}' and not is_success")
    assert [check["action"] for check in checks] == ["refuse"]
    assert query(workspace, f"select * from raw.dms__sales where _batch_id = '{batch['batch_id']}'") == []


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [
        pytest.param("", "empty_file", id="no byte"),
        pytest.param(sales_file(), "no_rows", id="header only"),
        pytest.param(sales_file(sale(1), header=SALES_HEADER.replace("sold", "when")), "missing_columns", id="renamed"),
        pytest.param(sales_file(sale(1) + ";", header=SALES_HEADER + ";phone"), "repeated_columns", id="twice"),
        pytest.param(sales_file(sale(1))[:-20], "truncated_file", id="cut line"),
        pytest.param(sales_file(sale(1), '2;2026-03-01;"Ива', sale(3)), "unclosed_quote", id="open quote"),
        pytest.param(sales_file(*[f"{n};2026-03-01" for n in range(9)], sale(9)), "ragged_rows", id="short rows"),
        pytest.param(sales_file(sale(1, price="1,5"), sale(2, price="1.5")), "ambiguous_numbers", id="two marks"),
    ],
)
def test_a_spoiled_file_is_refused_by_its_check(workspace: Workspace, content: str, reason_code: str) -> None:
    assert_refused(workspace, load_one(workspace, content), reason_code)


@pytest.mark.parametrize(
    ("option", "content", "told"),
    [
        pytest.param(
            'delimiter: ","',
            sales_file(sale(1)),
            ("cells that are divided by semicolons", 'set `delimiter: ";"` or remove the line'),
            id="another delimiter",
        ),
        pytest.param(
            "header_row: 1",
            "Sales of March\n\n" + sales_file(sale(1)),
            ("If the names stand in another row than 1, correct `header_row` or remove the line.",),
            id="another row",
        ),
        pytest.param(
            "encoding: utf-8",
            "".join(f'"{line}"\n' for line in sales_file(sale(1)).splitlines()),
            ("perhaps whole lines stand in quotes",),
            id="lines in quotes",
        ),
        pytest.param(
            "encoding: utf-8",
            f"{sale(1)}\n{sale(2)}\n",
            (
                "If its names stand below row 30, say where (`format: {header_row: …}`); if it has no row of names, "
                "ask the dealer to send it with one.",
            ),
            id="no header",
        ),
        pytest.param(
            "encoding: utf-8",
            sales_file(sale(1), header=SALES_HEADER.replace("sold", "when, if at all")),
            ("id, «when, if at all», customer",),
            id="a comma in a name",
        ),
        pytest.param("encoding: utf-8", ";;;\n;;;\n", ("of which none holds a column name",), id="no name at all"),
    ],
)
def test_what_the_yaml_says_wrongly_of_a_file_is_named(
    workspace: Workspace, option: str, content: str, told: tuple[str, ...]
) -> None:
    add_to_feed(workspace, f"    format: {{type: csv, {option}}}\n")
    outcome = load_one(workspace, content)
    assert outcome.status == "refused"
    assert [words for words in told if words not in str(outcome.error)] == []


def test_a_survey_whose_tool_is_known_needs_no_mapped_id_and_one_of_no_tool_says_that_it_does(
    workspace: Workspace,
) -> None:
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    head = yaml.partition("  - source")[0]
    feed = (
        "  - source: surveys\n    entity: responses\n    path: d01/*.csv\n    delivery: delta\n    columns: {nps: q}\n"
    )
    write_dealer(workspace, head + feed)
    deliver(workspace, "d01/a.csv", "Timestamp,q\n2/13/2026 10:11:12,10\n2/14/2026 9:01:02,9\n")
    deliver(workspace, "d01/b.csv", "when,q\n2026-02-13,10\n", minute=1)
    known, unknown = load(workspace)
    assert (known.status, known.counts["rows_new"]) == ("loaded", 2)
    assert (unknown.status, unknown.message) == (
        "refused",
        "missing_columns: found when, q; expected source_id (not mapped)",
    )
    assert "No survey tool is known by these names: if one wrote the file, name it" in str(unknown.error)


def test_dates_that_can_be_read_in_two_ways_refuse_the_file(workspace: Workspace) -> None:
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("    dates: {order: ymd}\n", ""), encoding="utf-8")
    outcome = load_one(workspace, sales_file(sale(1, sold="05/05/2026"), sale(2, sold="03/04/2026")))
    assert_refused(workspace, outcome, "ambiguous_dates")
    assert "found dates such as 03/04/yyyy (either way, 1 such); look at row 3 («sold»);" in outcome.message


@pytest.mark.parametrize(
    ("encoding", "written_in"), [("cp1251", "utf-8"), ("utf-8", "cp1251"), ("cp1251", "utf-8-sig"), ("utf-8", "utf-16")]
)
def test_bytes_of_another_encoding_than_the_yaml_says_refuse_the_file(
    workspace: Workspace, encoding: str, written_in: str
) -> None:
    add_to_feed(workspace, f"    format: {{encoding: {encoding}}}\n")
    assert_refused(workspace, load_one(workspace, sales_file(sale(1)).encode(written_in)), "encoding_contradicted")


def test_a_total_that_differs_from_the_sum_of_the_rows_refuses_the_file(workspace: Workspace) -> None:
    add_to_feed(workspace, WITH_TOTAL)
    outcome = load_one(workspace, sales_file(sale(1, price=10), sale(2, price=20), "Итого;;;;;31"))
    assert_refused(workspace, outcome, "control_total_differs")


def test_a_total_of_nothing_is_no_sum_of_rows_that_hold_something(workspace: Workspace) -> None:
    add_to_feed(workspace, WITH_TOTAL)
    outcome = load_one(workspace, sales_file(sale(1, price=10), sale(2, price=20), "Итого;;;;;0,00"))
    assert_refused(workspace, outcome, "control_total_differs")


def test_a_missing_total_row_means_that_the_file_was_cut(workspace: Workspace) -> None:
    add_to_feed(workspace, WITH_TOTAL)
    assert_refused(workspace, load_one(workspace, sales_file(sale(1))), "truncated_file")


def test_a_total_that_fits_is_no_row(workspace: Workspace) -> None:
    add_to_feed(workspace, WITH_TOTAL)
    outcome = load_one(workspace, sales_file(sale(1, price="1 010,50"), sale(2, price="20,00"), "Итого;;;;;1 030,50"))
    assert outcome.counts["rows_new"] == 2


def test_a_full_delivery_of_half_the_usual_rows_is_held(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    outcome = load_one(workspace, sales_file(*[sale(n) for n in range(10)]))
    assert_refused(workspace, outcome, "far_fewer_rows", status="held")


def test_a_full_delivery_of_somewhat_fewer_rows_is_loaded(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    assert load_one(workspace, sales_file(*[sale(n) for n in range(11)])).counts["rows_absent"] == 9


def test_a_whole_of_none_of_the_records_that_there_were_is_held_until_a_person_says_so(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    outcome = load_one(workspace, sales_file(*[sale(n) for n in range(500, 520)]))
    assert_refused(workspace, outcome, "all_records_new", status="held")
    approved = approve(workspace, str(outcome.batch_id), approved_by="anna", reason="numbered anew")
    assert (approved.status, approved.counts["rows_absent"]) == ("loaded", 20)


def test_a_whole_of_which_one_record_is_known_is_loaded(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    outcome = load_one(workspace, sales_file(sale(19), *[sale(n) for n in range(500, 520)]))
    assert (outcome.status, outcome.counts["rows_absent"]) == ("loaded", 19)


def test_a_delta_may_be_as_short_as_it_likes(workspace: Workspace) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    assert load_one(workspace, sales_file(sale(1, price=5))).status == "loaded"


def test_a_file_full_of_another_dealers_rows_is_refused(workspace: Workspace) -> None:
    add_to_feed(workspace, "      dealer_code: shop\n")
    write_sales_dealer(workspace, "d02")
    rows = [f"{sale(n)};{'d02' if n < 3 else 'd01'}" for n in range(4)]
    outcome = load_one(workspace, sales_file(*rows, header=f"{SALES_HEADER};shop"))
    assert_refused(workspace, outcome, "file_of_another_dealer")


@pytest.mark.parametrize(
    ("mapped", "told"), [("shop", "11 of 11 rows of d07;"), ("customer", "names that hardly come again;")]
)
def test_whose_rows_they_are_is_told_by_names_that_come_often_and_may_not_be_customers(
    workspace: Workspace, mapped: str, told: str
) -> None:
    add_to_feed(workspace, f"      dealer_code: {mapped}\n")
    rows = [f"{sale(n, customer=f'Иван Петров {n}')};d07" for n in range(11)]
    outcome = load_one(workspace, sales_file(*rows, header=f"{SALES_HEADER};shop"))
    assert (outcome.status, told in outcome.message, "Петров" in str(outcome)) == ("refused", True, False)


def test_a_few_rows_of_another_dealer_wait_in_quarantine(workspace: Workspace) -> None:
    add_to_feed(workspace, "      dealer_code: shop\n")
    rows = [f"{sale(n)};{'d02' if n == 1 else 'd01'}" for n in range(4)]
    outcome = load_one(workspace, sales_file(*rows, header=f"{SALES_HEADER};shop"))
    assert (outcome.counts["rows_new"], outcome.counts["rows_quarantined"]) == (3, 1)


def test_a_single_row_of_another_shape_waits_in_quarantine(workspace: Workspace) -> None:
    outcome = load_one(workspace, sales_file(*[sale(n) for n in range(9)], f"{sale(9)};more"))
    assert (outcome.counts["rows_new"], outcome.counts["rows_quarantined"]) == (9, 1)
    assert [row["rule_code"] for row in query(workspace, "select * from quarantine.findings")] == ["row_shape"]


def test_a_stray_quote_swallows_no_row(workspace: Workspace) -> None:
    rows = [sale(1), sale(2, customer='"Иван'), sale(3), sale(4, customer='Пётр"'), sale(5)]
    assert load_one(workspace, sales_file(*rows)).counts["rows_new"] == 5


def test_letters_spoilt_before_the_file_was_sent_are_told(workspace: Workspace) -> None:
    spoilt = "Иван".encode().decode("cp1252", errors="replace")
    outcome = load_one(workspace, sales_file(sale(1, customer=spoilt), sale(2)))
    assert outcome.status == "loaded"
    (check,) = query(workspace, "select * from ops.checks where rule_code = 'mojibake'")
    assert (check["is_success"], check["action"], check["unexpected_count"]) == (False, "warn", 1)
    assert outcome.notes == ("spoilt letters in 1 of the first 2 rows",)


def test_a_row_without_anything_to_tell_it_by_waits_in_quarantine(workspace: Workspace) -> None:
    yaml = """\
    dealer_code: d01
    name: Север
    time_zone: Europe/Moscow
    feeds:
      - source: dms
        entity: vehicles
        path: d01/vehicles.csv
        delivery: full
        columns: {vin: vin, make: make}
    """
    write_dealer(workspace, textwrap.dedent(yaml))
    deliver(workspace, "d01/vehicles.csv", "vin;make\nXTA00000000000001;LADA\n;LADA\n")
    (outcome,) = load(workspace)
    assert (outcome.counts["rows_new"], outcome.counts["rows_quarantined"]) == (1, 1)


def test_a_file_named_for_a_day_to_come_is_held_until_a_person_says_so(workspace: Workspace) -> None:
    days = [datetime.now(ZoneInfo("Europe/Moscow")).date() + timedelta(days=ahead) for ahead in (2, 9)]
    for day in days:
        deliver(workspace, f"d01/sales_{day:%Y%m%d}.csv", sales_file(sale(1)))
    tomorrows, typo = load(workspace)
    assert (tomorrows.status, typo.status) == ("loaded", "held")
    assert typo.message.startswith("delivered_in_the_future: found a name that gives a day 9 days after today")
    assert approve(workspace, str(typo.batch_id), approved_by="anna", reason="an order").status == "loaded"


@pytest.mark.parametrize("day", ["20260231", "20261301"])
def test_a_whole_whose_name_gives_no_day_that_exists_is_held_until_a_person_says_so(
    workspace: Workspace, day: str
) -> None:
    deliver(workspace, f"d01/sales_{day}.csv", sales_file(sale(1)))
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.message.split(":")[0]) == ("held", "no_such_day")
    assert "as it stood when it arrived (2026-03-02)" in str(outcome.error)
    loaded = approve(workspace, str(outcome.batch_id), approved_by="anna", reason="of the last day")
    assert (loaded.status, str(loaded.delivered_on)) == ("loaded", "2026-03-02")


def test_a_delta_whose_name_gives_no_day_that_exists_counts_as_delivered_when_it_came_and_is_told(
    workspace: Workspace,
) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver(workspace, "d01/sales_20260231.csv", sales_file(sale(1)))
    (outcome,) = load(workspace)
    assert outcome.notes == ("its name gives no day that exists: it counts as delivered on 2026-03-02",)


def test_cells_that_cannot_be_read_are_told_by_the_first_of_them_without_what_it_says(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(number, sold="26th week") for number in range(20)])
    (outcome,) = load(workspace)
    assert "The first stands in row 2 and looks like «99aa aaaa»." in " ".join(str(outcome.error).split())
    assert 'dates: {format: "%d.%m.%Y %H:%M"}' in str(outcome.error)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("a:b:c", "if another mark than"),
        ("'id';'sold';'customer';'phone'", "The names stand in quotes (')"),
        ("РґРѕРє;Р”Р°С‚Р°;РљРѕРґ", "UTF-8 was taken for another encoding before the file was sent"),
    ],
)
def test_a_header_of_none_of_the_mapped_names_is_told_by_what_it_looks_like(
    workspace: Workspace, header: str, told: str
) -> None:
    deliver(workspace, "d01/sales_20260301.csv", f"{header}\n1\n")
    (outcome,) = load(workspace)
    assert told in " ".join(str(outcome.error).split())


def test_leads_that_are_commented_out_are_told(workspace: Workspace) -> None:
    feed = "  - source: web\n    entity: leads\n    path: d01/*.xml\n    delivery: delta\n"
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, yaml.partition("  - source")[0] + feed)
    lead = (
        "<prospect><id>{}</id><requestdate>2026-03-01T10:00:00+03:00</requestdate>"
        "<customer><contact><name>Иван</name><phone>+79160000001</phone></contact></customer></prospect>"
    )
    deliver(workspace, "d01/leads.xml", f"<adf>{lead.format(1)}<!-- {lead.format(2)} --></adf>")
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.counts["rows_read"]) == ("loaded", 1)
    assert outcome.notes == ("1 prospects that are commented out, left out",)


def test_a_header_in_the_middle_of_a_file_is_told(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), SALES_HEADER, sale(2)])
    (outcome,) = load(workspace)
    assert (outcome.counts["rows_read"], outcome.counts["rows_quarantined"]) == (2, 0)
    assert outcome.notes == ("1 rows that say the header again, left out: two files or tables in one",)
