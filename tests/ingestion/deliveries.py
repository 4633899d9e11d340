"""A small workspace to load from: YAML files, deliveries with a time of their own, and what raw then holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any

from psycopg.rows import dict_row

from warehouse.database import connect
from warehouse.settings import Workspace

GROUP_YAML = """\
name: Группа
time_zone: Europe/Moscow
currency: RUB
"""

SALES_YAML = """\
dealer_code: {dealer}
name: {name}
time_zone: {zone}
feeds:
  - source: dms
    entity: sales
    path: {dealer}/sales_{{date:%Y%m%d}}*.csv
    delivery: {delivery}
    dates: {{order: ymd}}
    columns:
      source_id: id
      sold_at: [sold, handover]
      full_name: customer
      phone: phone
      make: make
      price_amount: price
"""

SALES_HEADER = "id;sold;customer;phone;make;price"


def write_group(workspace: Workspace) -> None:
    """A workspace with a group.yml."""
    workspace.group_file.write_text(GROUP_YAML, encoding="utf-8")


def write_dealer(workspace: Workspace, text: str, name: str = "d01") -> None:
    """A dealer's YAML."""
    workspace.dealers_dir.mkdir(parents=True, exist_ok=True)
    (workspace.dealers_dir / f"{name}.yml").write_text(text, encoding="utf-8")


def write_sales_dealer(
    workspace: Workspace, dealer: str = "d01", *, delivery: str = "full", zone: str = "Europe/Moscow"
) -> None:
    """A dealer that sends sales, with the columns of SALES_HEADER."""
    text = SALES_YAML.format(dealer=dealer, name=f"Dealer {dealer}", zone=zone, delivery=delivery)
    write_dealer(workspace, text, dealer)


def sale(
    number: int | str, *, price: object = 1_000_000, sold: str = "2026-03-01", customer: str = "Иван Петров"
) -> str:
    """A row under SALES_HEADER."""
    return f"{number};{sold};{customer};+7916000{number:>04};LADA;{price}"


def deliver(workspace: Workspace, path: str, content: str | bytes, *, minute: int = 0) -> None:
    """A file under landing/ that came some time ago; `minute` orders deliveries by their arrival."""
    file = workspace.landing_dir / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    arrived = 1_772_400_000 + 60 * minute  # 2026-03-01, 21:20 UTC
    os.utime(file, (arrived, arrived))


def deliver_sales(
    workspace: Workspace, day: str, rows: Iterable[str], *, dealer: str = "d01", minute: int = 0, suffix: str = ""
) -> None:
    """A file of sales of the day `20260301`."""
    content = "\n".join((SALES_HEADER, *rows)) + "\n"
    deliver(workspace, f"{dealer}/sales_{day}{suffix}.csv", content, minute=minute)


def query(workspace: Workspace, statement: str) -> list[dict[str, Any]]:
    """The rows of a query."""
    with connect(workspace) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement).fetchall()  # type: ignore[arg-type]


def current_sales(workspace: Workspace, columns: str = "price_amount") -> dict[str, Any]:
    """The current version of each sale that is not absent: its column by record id (or a tuple of columns)."""
    rows = query(
        workspace,
        f"""
        select * from (
            select distinct on (dealer_code, source_record_id) source_record_id, _is_absent, {columns}
            from raw.dms__sales
            order by dealer_code, source_record_id, _delivered_on desc, _batch_seq desc, _source_row desc
        ) as versions
        where not _is_absent
        """,
    )
    names = [name.strip() for name in columns.split(",")]
    return {
        row["source_record_id"]: row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
        for row in rows
    }


def starts_when_landed(workspace: Workspace, decision: Thread) -> Callable[[str, int, int], None]:
    """What a load is given as its progress: the thread starts while the load works, and is waited for at its lock."""

    def begin(doing: str, _done: int, _of: int) -> None:
        if doing.endswith(": land"):
            decision.start()
            while decision.is_alive() and not query(workspace, "select from pg_locks where not granted"):
                pass

    return begin
