"""Files of every format: landed, judged and published in raw, beside a bare COPY, dlt and pandas."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import psycopg
from psycopg import sql

from benchmarks.report import spread, table
from benchmarks.sales_files import FORMATS, Format, write_csv
from benchmarks.subprocesses import Measured, dealer360, other_python, python
from ingestion.discover import STABLE_SECONDS
from warehouse.database import connect, database_url
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import Workspace

GROUP = """
name: Benchmark
time_zone: Europe/Moscow
currency: RUB
default_phone_region: RU
"""
DEALER = """
dealer_code: {dealer}
name: Benchmark dealer {dealer}
time_zone: Europe/Moscow
phone_region: RU
feeds:
"""
SALES_FEED = """
  - source: dms
    entity: sales
    path: {dealer}/sales_{{date:%Y%m%d}}.{ending}
    {yaml}
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
    constants: {{vehicle_condition: new, currency: RUB}}
"""
LEADS_FEED = """
  - source: web
    entity: leads
    path: {dealer}/sales_{{date:%Y%m%d}}.{ending}
    {yaml}
    delivery: delta
"""


CHANGED_EACH = 100
"""Of so many rows one is another the next day."""


@dataclass
class Times:
    """What was measured with one format."""

    size_mib: float
    copies: list[float] = field(default_factory=list)
    loads: list[Measured] = field(default_factory=list)
    others: dict[str, Measured] = field(default_factory=dict)
    of_a_tenth: Measured | None = None
    next_days: list[Measured] = field(default_factory=list)  # the same rows once more, 1 % of them changed
    second_dealers: list[Measured] = field(default_factory=list)  # the same rows of another dealer

    @property
    def ratios(self) -> list[float]:
        """Our time over the COPY's of the same round."""
        return self.ratios_of(self.loads)

    def ratios_of(self, loads: list[Measured]) -> list[float]:
        """The time of each of these loads over the COPY's of the same round."""
        return [load.seconds / copy for load, copy in zip(loads, self.copies, strict=True)]


def measure() -> str:
    """The report's section, as Markdown."""
    measured = {form: _measure_format(form) for form in FORMATS}
    first = FORMATS[0]
    return (
        "## Files of every format, landed, judged and published in raw\n\n"
        "A fresh server each time, the ways in turn. COPY is the bare `COPY` of the file into a table of text,\n"
        "for other formats than csv of the same rows as csv. dlt and `to_sql` only land what they read: no rule is\n"
        "judged, no version kept. Memory is that of Python, at its peak; in brackets with a tenth of the rows.\n\n"
        + table(
            ["file", "rows, MiB", "COPY", "`dealer360 load`", "× COPY", "memory", "dlt", "pandas `to_sql`"],
            [_row(form, times) for form, times in measured.items()],
        )
        + f"\n\nRounds of `{first.told}`, × COPY: {', '.join(f'{ratio:.1f}' for ratio in measured[first].ratios)}.\n\n"
        + table(
            [f"further files of `{first.told}` in the same raw table", "`dealer360 load`", "× COPY", "memory"],
            [
                _further_row(told, measured[first], loads)
                for told, loads in (
                    ("all rows once more a day later, 1 % of them changed", measured[first].next_days),
                    ("the same rows as a second dealer's first file", measured[first].second_dealers),
                )
            ],
        )
    )


def _further_row(told: str, times: Times, loads: list[Measured]) -> list[str]:
    return [
        told,
        spread([load.seconds for load in loads]),
        spread(times.ratios_of(loads), "×"),
        f"{max(load.peak_mib for load in loads):.0f} MiB",
    ]


def _row(form: Format, times: Times) -> list[str]:
    ratios = times.ratios
    spread = f" ({min(ratios):.1f}–{max(ratios):.1f})" if len(ratios) > 1 else ""
    peak = max(load.peak_mib for load in times.loads)
    tenth = times.of_a_tenth.peak_mib if times.of_a_tenth else 0
    seconds = median(load.seconds for load in times.loads)
    return [
        form.told,
        f"{form.rows:,}, {times.size_mib:.0f}",
        f"{median(times.copies):.2f} s",
        f"{seconds:.1f} s, {form.rows / seconds:,.0f} rows/s",
        f"{median(ratios):.1f}{spread}",
        f"{peak:.0f} MiB ({tenth:.0f})",
        _told(form, times.others.get("dlt")),
        _told(form, times.others.get("pandas")),
    ]


def _told(form: Format, other: Measured | None) -> str:
    if other is None:
        return "does not read it"
    return f"{other.seconds:.0f} s, {form.rows / other.seconds:,.0f} rows/s, {other.peak_mib:.0f} MiB"


def _measure_format(form: Format) -> Times:
    with tempfile.TemporaryDirectory(prefix="dealer360-benchmark-") as name:
        folder = Path(name)
        source = folder / f"sales.{form.ending}"
        form.write(source, form.rows)
        copied = source
        if not form.is_copied_itself:
            copied = folder / "copied.csv"
            write_csv(copied, form.rows)
        times = Times(source.stat().st_size / 2**20)
        for _ in range(form.rounds):
            with _workspace(folder, form, source) as workspace:
                times.copies.append(_bare_copy(workspace, copied, form.copy_options))
                times.loads.append(_load(workspace, form))
                if form.has_further_files:
                    times.next_days.append(_load_next_day(workspace, form))
                    times.second_dealers.append(_load_second_dealer(workspace, form, source))
        with _workspace(folder, form, source) as workspace:
            for other in form.others:
                times.others[other] = _other(other, form, source, database_url(workspace))
        tenth = replace(form, rows=form.rows // 10)
        small = folder / f"small.{form.ending}"
        tenth.write(small, tenth.rows)
        with _workspace(folder, tenth, small) as workspace:
            times.of_a_tenth = _load(workspace, tenth)
    return times


@contextmanager
def _workspace(folder: Path, form: Format, source: Path) -> Iterator[Workspace]:
    """A workspace whose server runs and whose landing/ holds the file; gone at the end."""
    root = folder / "workspace"
    (root / "dealers").mkdir(parents=True)
    (root / "group.yml").write_text(GROUP, encoding="utf-8")
    workspace = Workspace(root)
    _deliver(workspace, form, source, "d01")
    try:
        with connect(workspace):
            pass  # the server's start and its schemas are no part of either side
        yield workspace
    finally:
        EmbeddedServer(workspace).stop()
        shutil.rmtree(root)


def _deliver(workspace: Workspace, form: Format, source: Path, dealer: str) -> None:
    feed = LEADS_FEED if form.name == "adf" else SALES_FEED
    definition = DEALER + feed.lstrip("\n")
    (workspace.root / "dealers" / f"{dealer}.yml").write_text(
        definition.format(dealer=dealer, ending=form.ending, yaml=form.yaml), encoding="utf-8"
    )
    folder = workspace.landing_dir / dealer
    folder.mkdir(parents=True)
    shutil.copy2(source, folder / f"sales_20260302.{form.ending}")


def _bare_copy(workspace: Workspace, file: Path, options: str) -> float:
    delimiter = ";" if "';'" in options else ","
    with file.open("rb") as header:
        width = header.readline().count(delimiter.encode()) + 1
    columns = ", ".join(f"c{number} text" for number in range(width))
    with psycopg.connect(database_url(workspace)) as connection:
        connection.execute(f"create table public.bare ({columns})")
        connection.commit()
        began = time.monotonic()
        with file.open("rb") as stream, connection.cursor().copy(f"copy public.bare from stdin ({options})") as copy:
            while block := stream.read(1 << 20):
                copy.write(block)
        connection.commit()
        seconds = time.monotonic() - began
        connection.execute("drop table public.bare")
    return seconds


def _load_next_day(workspace: Workspace, form: Format) -> Measured:
    next_day = workspace.landing_dir / "d01" / f"sales_20260303.{form.ending}"
    write_csv(next_day, form.rows, changed_each=CHANGED_EACH)
    _wait_until_settled(next_day)
    return _load(workspace, form, form.rows + form.rows // CHANGED_EACH)


def _load_second_dealer(workspace: Workspace, form: Format, source: Path) -> Measured:
    _deliver(workspace, form, source, "d02")
    return _load(workspace, form, 2 * form.rows + form.rows // CHANGED_EACH)


def _wait_until_settled(file: Path) -> None:
    """A file that was just written would be watched for a while."""
    time.sleep(max(0.0, file.stat().st_mtime + STABLE_SECONDS - time.time()))


def _load(workspace: Workspace, form: Format, versions: int | None = None) -> Measured:
    """The load, after which raw holds so many versions; None: as many as the format has rows."""
    measured = dealer360(workspace.root, "load")
    table_name = sql.Identifier("raw", "web__leads" if form.name == "adf" else "dms__sales")
    with connect(workspace) as connection:
        [count] = connection.execute(sql.SQL("select count(*) from {}").format(table_name)).fetchone() or [0]
    wanted = form.rows if versions is None else versions
    if count != wanted:
        raise RuntimeError(f"{count} of {wanted} rows are in raw: no whole load was measured\n{measured.output}")
    return measured


def _other(name: str, form: Format, file: Path, url: str) -> Measured:
    if name == "pandas":
        return python("benchmarks.pandas_side", form.name, str(file), url)
    folder = file.parent / "dlt"
    return other_python("dlt_side.py", form.name, str(file), url, environment={"DLT_DATA_DIR": str(folder)})
