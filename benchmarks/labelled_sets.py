"""Labelled data sets in our columns: who is who is known, so that identity can be judged on them."""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks import english_people

Row = dict[str, str]

PSEUDOPEOPLE = Path(".venv-benchmarks/bin/python"), Path(__file__).with_name("pseudopeople_rows.py")


def febrl3(data: Path) -> Iterator[Row]:
    """FEBRL 3 (Christen, 2008): 5,000 generated Australian records, up to five duplicates of each, heavy mistakes."""
    for row in _rows(data / "febrl3.csv"):
        born = row["date_of_birth"]
        yield {
            "source_id": row["rec_id"],
            "first_name": row["given_name"],
            "last_name": row["surname"],
            "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}" if re.fullmatch(r"\d{8}", born) else "",
            "address": f"{row['street_number']} {row['address_1']}".strip(),
            "city": row["suburb"],
            "postal_code": row["postcode"],
            "region": row["state"],
            "national_id": row["soc_sec_id"],
            "cluster": row["rec_id"].split("-")[1],
        }


def fake_1000(data: Path) -> Iterator[Row]:
    """Splink's fake_1000: 1,000 records of invented British people with many empty and misspelt cells."""
    for row in _rows(data / "fake_1000.csv"):
        yield {
            "source_id": row["unique_id"],
            "first_name": row["first_name"],
            "last_name": row["surname"],
            "birth_date": row["dob"],
            "city": row["city"],
            "email": row["email"],
            "cluster": row["cluster"],
        }


def pseudopeople(data: Path) -> Iterator[Row]:
    """Simulated Americans of the pseudopeople package over years: they move, marry and change their surnames.

    It lives in the benchmarks' own environment; `data` is not read.
    """
    interpreter, script = PSEUDOPEOPLE
    made = subprocess.run([str(interpreter), str(script)], capture_output=True, text=True, check=True)
    yield from csv.DictReader(made.stdout.splitlines())


def historical(_data: Path) -> Iterator[Row]:
    """Invented people of old registers, many records of each, full of mistakes; `_data` is not read."""
    return english_people.historical()


def rare_duplicates(_data: Path) -> Iterator[Row]:
    """Invented people of whom one in seventy has two records, families among them; `_data` is not read."""
    return english_people.rare_duplicates()


SETS: dict[str, Callable[[Path], Iterable[Row]]] = {
    "febrl3": febrl3,
    "fake_1000": fake_1000,
    "pseudopeople": pseudopeople,
    "historical": historical,
    "rare_duplicates": rare_duplicates,
}


FILES = {"febrl3": "febrl3.csv", "fake_1000": "fake_1000.csv"}
"""Sets that are files of others, and what these are called."""


def write_set(name: str, data: Path, file: Path) -> list[str]:
    """Write a set as a UTF-8 CSV file; gives its columns, of which `cluster` is the truth."""
    rows = list(SETS[name](data))
    columns = list(rows[0])
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return columns


def _rows(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, skipinitialspace=True)
        header = [name.strip() for name in next(reader)]
        for cells in reader:
            yield dict(zip(header, (cell.strip() for cell in cells), strict=True))
