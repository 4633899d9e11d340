"""The real input: one export that carries 28 dealers, loaded with the YAML under docs/examples/car_sales."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.load import load
from tests.ingestion.deliveries import query
from warehouse.build import build
from warehouse.settings import PROJECT_ROOT, Workspace

VARIABLE = "DEALER360_CAR_SALES_CSV"
EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "car_sales"


@pytest.fixture
def car_sales() -> Path:
    """The file, which is not part of the repository."""
    file = os.environ.get(VARIABLE)
    if not file:
        pytest.skip(f"the car sales data is not part of the repository: set {VARIABLE} to the path of car_sales.csv")
    return Path(file)


def counted(workspace: Workspace, sales: str) -> dict[tuple[str, str], int]:
    """How many sales a dealer, by name, has in a month."""
    rows = query(
        workspace,
        f"""
        select dealer_name, month, count(*) as sales
        from ({sales}) as sales
        join ops.dealers using (dealer_code)
        group by dealer_name, month
        """,  # noqa: S608 - the two queries below
    )
    return {(row["dealer_name"], row["month"]): row["sales"] for row in rows}


def test_every_sale_of_28_dealers_arrives_in_its_dealer_and_month_of_raw_and_of_the_mart(
    workspace: Workspace, car_sales: Path
) -> None:
    shutil.copytree(EXAMPLE, workspace.root, dirs_exist_ok=True)
    shutil.copy2(car_sales, workspace.landing_dir / "car_sales.csv")
    (outcome,) = load(workspace)
    assert outcome.counts["rows_new"] == outcome.counts["rows_read"] == 23_906
    with car_sales.open(encoding="utf-8", newline="") as stream:
        expected = Counter(
            (row["Dealer_Name"], datetime.strptime(row["Date"], "%m/%d/%Y").strftime("%Y-%m"))
            for row in csv.DictReader(stream)
        )
    assert len({dealer for dealer, _ in expected}) == 28
    in_raw = "select dealer_code, left(sold_at, 7) as month from raw.dms__sales"
    assert counted(workspace, in_raw) == expected
    assert build(workspace).status == "published"
    in_mart = "select dealer_code, to_char(business_date, 'YYYY-MM') as month from marts.fct_vehicle_sales"
    assert counted(workspace, in_mart) == expected
