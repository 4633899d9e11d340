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


def test_every_sale_of_28_dealers_arrives_in_its_dealer_and_month(workspace: Workspace, car_sales: Path) -> None:
    shutil.copytree(EXAMPLE, workspace.root, dirs_exist_ok=True)
    shutil.copy2(car_sales, workspace.landing_dir / "car_sales.csv")
    (outcome,) = load(workspace)
    assert outcome.counts["rows_new"] == outcome.counts["rows_read"] == 23_906
    with car_sales.open(encoding="utf-8", newline="") as stream:
        expected = Counter(
            (row["Dealer_Name"], datetime.strptime(row["Date"], "%m/%d/%Y").strftime("%Y-%m"))
            for row in csv.DictReader(stream)
        )
    rows = query(
        workspace,
        """
        select dealer_name, left(sold_at, 7) as month, count(*) as sales
        from raw.dms__sales
        join ops.dealers using (dealer_code)
        group by dealer_name, month
        """,
    )
    assert {(row["dealer_name"], row["month"]): row["sales"] for row in rows} == expected
    assert len({row["dealer_name"] for row in rows}) == 28
