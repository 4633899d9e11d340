"""A CSV of a million rows: landed, judged and published in raw, beside a bare COPY of the same file."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.report import spread, table
from benchmarks.subprocesses import Measured, dealer360
from warehouse.database import connect, database_url
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import Workspace

ROWS = 1_000_000
ROUNDS = 3
SEED = 20260302

GROUP = """
name: Benchmark
time_zone: Europe/Moscow
currency: RUB
default_phone_region: RU
"""
DEALER = """
dealer_code: d01
name: Benchmark dealer
time_zone: Europe/Moscow
phone_region: RU
feeds:
  - source: dms
    entity: sales
    path: d01/sales_{date:%Y%m%d}.csv
    format: {type: csv}
    dates: {order: ymd}
    delivery: full
    columns:
      source_id: number
      sold_at: sold
      last_name: last_name
      first_name: first_name
      birth_date: born
      phone: phone
      email: email
      city: city
      vin: vin
      make: make
      model: model
      price_amount: price
      discount_amount: discount
    constants: {vehicle_condition: new, currency: RUB}
"""
HEADER = "number,sold,last_name,first_name,born,phone,email,city,vin,make,model,price,discount\n"


def write_sales(file: Path, rows: int) -> None:
    """A clean UTF-8 CSV of `rows` sales with 13 columns, about 136 bytes a row; the same for the same count."""
    dice = random.Random(SEED)
    last_names = ["Иванов", "Петрова", "Кузнецов", "Смирнова", "Мамин-Сибиряк", "Орлова"]
    first_names = ["Александр", "Мария", "Иван", "Анна", "Сергей", "Ольга"]
    with file.open("w", encoding="utf-8", newline="") as output:
        output.write(HEADER)
        for number in range(1, rows + 1):
            day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(2020, 2025)
            output.write(
                f"{number},{year}-{month:02}-{day:02},{dice.choice(last_names)},{dice.choice(first_names)},"
                f"{dice.randint(1950, 2004)}-{month:02}-{day:02},+79{dice.randint(10**8, 10**9 - 1)},"
                f"customer{number}@example.ru,Москва,XTAGFK33{dice.randint(10**8, 10**9 - 1)},LADA,Vesta,"
                f"{dice.randint(800_000, 3_000_000)}.00,{dice.randint(0, 50_000)}.50\n"
            )


def measure() -> str:
    """The report's section, as Markdown."""
    with tempfile.TemporaryDirectory(prefix="dealer360-benchmark-") as folder:
        source = Path(folder) / "sales.csv"
        write_sales(source, ROWS)
        copies: list[float] = []
        loads: list[Measured] = []
        for round_number in range(ROUNDS):
            workspace = _workspace(Path(folder) / f"round{round_number}", source)
            try:
                copies.append(_bare_copy(workspace, source))
                loads.append(dealer360(workspace.root, "load"))
                _check(workspace)
            finally:
                EmbeddedServer(workspace).stop()
                shutil.rmtree(workspace.root)
        ratios = [load.seconds / copy for load, copy in zip(loads, copies, strict=True)]
        size_mib = source.stat().st_size / 2**20
    rows = [
        ["bare COPY into a table of text", spread(copies), "1", ""],
        [
            "`dealer360 load`: landed, judged, published in raw",
            spread([load.seconds for load in loads]),
            f"{median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})",
            spread([load.peak_mib for load in loads], "MiB"),
        ],
    ]
    return (
        f"## A CSV of {ROWS:,} rows × 13 columns ({size_mib:.0f} MiB)\n\n"
        f"{ROUNDS} rounds, each on a fresh server, the two in turn; median (least–greatest).\n\n"
        + table(["what", "time", "ratio to bare COPY", "peak memory of Python"], rows)
    )


def _workspace(root: Path, source: Path) -> Workspace:
    for folder in (root / "dealers", root / "landing" / "d01"):
        folder.mkdir(parents=True)
    (root / "group.yml").write_text(GROUP, encoding="utf-8")
    (root / "dealers" / "d01.yml").write_text(DEALER, encoding="utf-8")
    shutil.copy(source, root / "landing" / "d01" / "sales_20260302.csv")
    workspace = Workspace(root)
    with connect(workspace):
        pass  # the server's start and its schemas are no part of either side
    return workspace


def _bare_copy(workspace: Workspace, source: Path) -> float:
    columns = ", ".join(f"{name} text" for name in HEADER.strip().split(","))
    with psycopg.connect(database_url(workspace)) as connection:
        connection.execute(f"create table public.bare ({columns})")
        connection.commit()
        began = time.monotonic()
        with (
            source.open("rb") as file,
            connection.cursor().copy("copy public.bare from stdin (format csv, header)") as copy,
        ):
            while block := file.read(1 << 20):
                copy.write(block)
        connection.commit()
        seconds = time.monotonic() - began
        connection.execute("drop table public.bare")
    return seconds


def _check(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        [count] = connection.execute("select count(*) from raw.dms__sales").fetchone() or [0]
    if count != ROWS:
        raise RuntimeError(f"{count} of {ROWS} rows are in raw: what was measured was no whole load")
