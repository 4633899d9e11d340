"""The same invented sales as files of every format that a dealer may send, and leads as ADF; the same for a count."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20260302
ROWS_OF_A_GROUP = 100_000  # of parquet
LAST_NAMES = ("Иванов", "Петрова", "Кузнецов", "Смирнова", "Мамин-Сибиряк", "Орлова")
FIRST_NAMES = ("Александр", "Мария", "Иван", "Анна", "Сергей", "Ольга")


class Sale(NamedTuple):
    """One row; money in kopecks."""

    number: int
    sold: date
    last_name: str
    first_name: str
    born: date
    phone: str
    email: str
    city: str
    vin: str
    make: str
    model: str
    price: int
    discount: int


COLUMNS = Sale._fields


def sales(count: int, *, changed_each: int | None = None) -> Iterator[Sale]:
    """Sales with nothing wrong in them; of each `changed_each` of them one has another discount than without it."""
    dice = random.Random(SEED)
    for number in range(1, count + 1):
        day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(2020, 2025)
        yield Sale(
            number=number,
            sold=date(year, month, day),
            last_name=dice.choice(LAST_NAMES),
            first_name=dice.choice(FIRST_NAMES),
            born=date(dice.randint(1950, 2004), month, day),
            phone=f"+79{dice.randint(10**8, 10**9 - 1)}",
            email=f"customer{number}@example.ru",
            city="Москва",
            vin=f"XTAGFK33{dice.randint(10**8, 10**9 - 1)}",
            make="LADA",
            model="Vesta",
            price=dice.randint(800_000, 3_000_000) * 100,
            discount=dice.randint(0, 50_000) * 100 + (60 if changed_each and number % changed_each == 0 else 50),
        )


def write_csv(file: Path, count: int, *, changed_each: int | None = None) -> None:
    """UTF-8, commas, dates year first, decimal points: about 136 bytes a row."""
    with file.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            (*sale[:-2], f"{sale.price / 100:.2f}", f"{sale.discount / 100:.2f}")
            for sale in sales(count, changed_each=changed_each)
        )


def write_russian_csv(file: Path, count: int) -> None:
    """As a Russian spreadsheet saves it: cp1251, semicolons, dates day first, decimal commas."""
    with file.open("w", encoding="cp1251", newline="") as output:
        writer = csv.writer(output, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for sale in sales(count):
            cells = [f"{cell:%d.%m.%Y}" if isinstance(cell, date) else cell for cell in sale[:-2]]
            writer.writerow([*cells, *(f"{cell / 100:.2f}".replace(".", ",") for cell in sale[-2:])])


def write_xlsx(file: Path, count: int) -> None:
    """One sheet, with numbers and dates as a spreadsheet holds them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("sales")
    sheet.append(COLUMNS)
    for sale in sales(count):
        sheet.append([*sale[:-2], sale.price / 100, sale.discount / 100])
    book.save(file)


def write_jsonl(file: Path, count: int) -> None:
    """An object a line, numbers as numbers."""
    with file.open("w", encoding="utf-8") as output:
        for sale in sales(count):
            row = sale._asdict() | {"price": sale.price / 100, "discount": sale.discount / 100}
            output.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def write_parquet(file: Path, count: int) -> None:
    """Typed columns, 100,000 rows a group."""
    kinds = {
        "number": pa.int64(),
        "sold": pa.date32(),
        "born": pa.date32(),
        "price": pa.float64(),
        "discount": pa.float64(),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    with pq.ParquetWriter(file, schema) as writer:
        batch: list[dict[str, object]] = []
        for sale in sales(count):
            batch.append(sale._asdict() | {"price": sale.price / 100, "discount": sale.discount / 100})
            if len(batch) == ROWS_OF_A_GROUP or sale.number == count:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch.clear()


def write_adf(file: Path, count: int) -> None:
    """Leads of one site: a prospect each."""
    with file.open("w", encoding="utf-8") as output:
        output.write('<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n<adf>\n')
        for sale in sales(count):
            output.write(
                f'<prospect><id sequence="{sale.number}" source="site">L-{sale.number}</id>'
                f"<requestdate>{sale.sold}T10:15:00+03:00</requestdate>"
                f'<vehicle interest="buy" status="new"><year>{sale.sold.year}</year><make>{sale.make}</make>'
                f"<model>{sale.model}</model></vehicle><customer><contact>"
                f'<name part="first">{sale.first_name}</name><name part="last">{sale.last_name}</name>'
                f"<email>{sale.email}</email><phone>{sale.phone}</phone></contact></customer>"
                "<vendor><vendorname>Benchmark dealer</vendorname></vendor>"
                '<provider><name part="full">site</name></provider></prospect>\n'
            )
        output.write("</adf>\n")


@dataclass(frozen=True)
class Format:
    """A kind of file to load, and what can read it beside us."""

    name: str
    told: str  # in the report
    ending: str
    rows: int
    write: Callable[[Path, int], None]
    yaml: str  # the feed's format and dates
    is_copied_itself: bool = False  # else a CSV of the same rows is copied
    copy_options: str = "format csv, header"
    others: tuple[str, ...] = ()  # of dlt and pandas
    rounds: int = 1
    has_further_files: bool = False  # more of it are loaded into the raw table that holds the first


_CSV = Format(
    name="csv",
    told="csv, UTF-8",
    ending="csv",
    rows=1_000_000,
    write=write_csv,
    yaml="format: {type: csv}\n    dates: {order: ymd}",
    is_copied_itself=True,
    others=("pandas", "dlt"),
    rounds=3,
    has_further_files=True,
)
FORMATS = (
    _CSV,
    replace(
        _CSV,
        name="russian_csv",
        has_further_files=False,
        told="csv, cp1251, decimal commas, dates day first",
        write=write_russian_csv,
        yaml="format: {type: csv}\n    dates: {order: dmy}",
        copy_options="format csv, header, delimiter ';', encoding 'WIN1251'",
    ),
    Format(
        name="xlsx",
        told="xlsx",
        ending="xlsx",
        rows=100_000,
        write=write_xlsx,
        yaml="format: {type: excel}",
        others=("pandas",),
    ),
    Format(
        name="jsonl",
        told="jsonl",
        ending="jsonl",
        rows=100_000,
        write=write_jsonl,
        yaml="format: {type: jsonl}\n    dates: {order: ymd}",
        others=("pandas", "dlt"),
    ),
    Format(
        name="parquet",
        told="parquet",
        ending="parquet",
        rows=100_000,
        write=write_parquet,
        yaml="format: {type: parquet}",
        others=("pandas", "dlt"),
    ),
    Format(name="adf", told="ADF leads", ending="xml", rows=20_000, write=write_adf, yaml="format: {type: adf}"),
)
