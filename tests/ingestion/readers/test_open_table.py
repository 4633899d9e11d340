"""From a file of any format to raw, by the YAML alone."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from ingestion.dealer_entries import FormatType
from ingestion.dealer_files import FileFormat
from ingestion.errors import TooLarge, TruncatedFile
from ingestion.load import load
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import MAX_COLUMNS
from tests.ingestion.deliveries import deliver, query, write_dealer, write_group
from warehouse.settings import Workspace

FEEDS = """\
dealer_code: d01
name: Север
time_zone: Europe/Moscow
feeds:
  - source: dms
    entity: sales
    path: d01/sales_*.csv.gz
    delivery: delta
    columns: &sales {source_id: id, sold_at: sold, full_name: customer, phone: phone, make: make, price_amount: price}
  - {source: dms, entity: sales, path: d01/sales_*.json, delivery: delta, columns: *sales}
  - source: surveys
    entity: responses
    path: d01/typeform_*.csv
    format: {survey: typeform}
    delivery: delta
    columns: {related_source_id: order_id}
  - {source: web, entity: leads, path: "d01/leads/*.eml", delivery: delta}
"""
CSV = "id;sold;customer;phone;make;price\n17;15.02.2026;Пётр;7,91612E+10;LADA;100\n18;16.02.2026;Иван;8903;LADA;200\n"
JSON = {"calls": [], "sales": [{"id": 19, "sold": "2026-02-15", "customer": "Анна", "make": "LADA", "price": 5.5}]}


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace of one dealer that sends files of many kinds."""
    write_group(workspace)
    write_dealer(workspace, textwrap.dedent(FEEDS))
    return workspace


def test_files_of_many_kinds_are_loaded_and_what_was_guessed_stands_with_the_batch(workspace: Workspace) -> None:
    here = Path(__file__).parent
    deliver(workspace, "d01/sales_1.csv.gz", gzip.compress(CSV.encode("cp1251")))
    deliver(workspace, "d01/sales_1.json", json.dumps(JSON, ensure_ascii=False))
    survey = (here / "surveys" / "typeform.csv").read_text("utf-8").replace("2026-03-05", "2026-02-28")
    deliver(workspace, "d01/typeform_1.csv", survey)
    deliver(workspace, "d01/leads/1.eml", (here / "adf" / "10_html_wrapped_email.eml").read_bytes())
    outcomes = load(workspace)
    assert [outcome.status for outcome in outcomes] == ["loaded"] * 4, [outcome.error for outcome in outcomes]

    sales = query(workspace, "select * from raw.dms__sales order by source_record_id")
    assert [(row["source_record_id"], row["phone"]) for row in sales] == [("17", None), ("18", "8903"), ("19", None)]
    assert json.loads(sales[0]["_extra"]["cells spoilt by Excel"]) == {"phone": "7,91612E+10"}
    assert sales[1]["_extra"] is None
    answers = query(workspace, "select * from raw.surveys__responses order by submitted_at nulls last")
    assert [(row["source_record_id"], row["submitted_at"], row["is_complete"]) for row in answers] == [
        ("z1y2x3w4v5u6t7s8", "2026-03-01T00:15:00+03:00", "true"),
        ("q9w8e7r6t5y4u3i2", None, "false"),
    ]
    (lead,) = query(workspace, "select * from raw.web__leads")
    assert (lead["created_at"], lead["full_name"]) == ("2024-03-05T10:15:00+03:00", "Иван Иванов")

    readings = {
        row["source_file"]: row["reading"] for row in query(workspace, "select source_file, reading from ops.batches")
    }
    packed = readings["d01/sales_1.csv.gz"]
    assert (packed["encoding"], packed["unpacked"]) == ("cp1251", "sales_1.csv (gzip)")
    (repair,) = packed["repairs"]
    assert repair.startswith("phone: numbers of which Excel lost the last digits")
    assert "cells spoilt by Excel" not in packed["unmapped_columns"]
    assert readings["d01/sales_1.json"]["rows_at"] == "sales"
    assert readings["d01/typeform_1.csv"]["survey"] == "typeform"
    assert readings["d01/leads/1.eml"]["e-mail"] == "ADF in text/html"


def test_a_file_that_is_refused_is_called_by_its_path(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_1.csv.gz", gzip.compress(CSV.encode("cp1251")[:-10]))
    deliver(workspace, "d01/sales_2.csv.gz", gzip.compress(CSV.replace("sold", "when").encode()))
    cut, renamed = load(workspace)
    assert (cut.status, renamed.status) == ("refused", "refused")
    assert "d01/sales_1.csv.gz: sales_1.csv, row 3" in str(cut.error)
    assert "d01/sales_2.csv.gz" in str(renamed.error)


def test_nothing_that_was_unpacked_stays_in_the_archive(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_1.csv.gz", gzip.compress(CSV.encode()))
    load(workspace)
    kept = [path.name for path in workspace.archive_dir.rglob("*") if path.is_file()]
    assert kept == ["sales_1.csv.gz"]


def test_rows_raise_with_the_name_that_the_caller_gave(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("id;phone\n1", encoding="utf-8")
    table = open_table(file, FileFormat("csv"), frozenset(("id", "phone")), told_as="d01/sales.csv")
    with pytest.raises(TruncatedFile) as refused:
        list(table.rows)
    assert refused.value.where == "d01/sales.csv, row 2"


def wide_file(folder: Path, kind: FormatType) -> Path:
    names = [f"c{n}" for n in range(MAX_COLUMNS + 1)]
    file = folder / f"wide.{kind}"
    if kind == "parquet":
        parquet.write_table(pyarrow.table({name: ["1"] for name in names}), file)
    elif kind == "excel":
        book = openpyxl.Workbook()
        book.worksheets[0].append(names)
        book.save(file)
    else:
        row = json.dumps(dict.fromkeys(names, 1))
        elements = "".join(f"<{name}>1</{name}>" for name in names)
        texts = {"csv": ";".join(names), "json": f"[{row}]", "jsonl": row, "xml": f"<r><s>{elements}</s></r>"}
        file.write_text(texts[kind] + "\n")
    return file


@pytest.mark.parametrize("kind", ["csv", "excel", "json", "jsonl", "xml", "parquet"])
def test_a_table_that_is_too_wide_is_refused_alike_in_every_format(tmp_path: Path, kind: FormatType) -> None:
    with pytest.raises(TooLarge, match=r"1,501 columns\n.*at most 1,500"):
        open_table(wide_file(tmp_path, kind), FileFormat(kind), frozenset())


def test_a_load_without_workbooks_does_not_wait_for_what_reads_them() -> None:
    program = "import sys, commands.load; print([name for name in ('openpyxl', 'numpy') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
