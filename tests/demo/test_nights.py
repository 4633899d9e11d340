import shutil
from datetime import date
from pathlib import Path

from demo.centres import read_centres
from demo.generate import DemoGroup
from demo.history import NIGHTS
from demo.nights import deliver_night, file_name
from tests.demo.conftest import files_of


def test_a_file_is_named_by_its_day() -> None:
    feed = read_centres()["d03"].feed("dms", "sales")

    assert feed is not None
    assert file_name(feed, date(2026, 3, 4)) == "d03/prodazhi_04032026.xlsx"


def test_a_night_is_copied_into_the_landing_folder(small_group: DemoGroup, tmp_path: Path) -> None:
    shutil.copytree(small_group.folder, tmp_path / "workspace")

    delivered = deliver_night(tmp_path / "workspace", 1)

    assert files_of(tmp_path / "workspace" / "landing") == files_of(small_group.folder / "nights" / "1")
    assert len(delivered) == len(files_of(small_group.folder / "nights" / "1"))


def test_a_later_night_replaces_a_file_of_the_same_path(small_group: DemoGroup, tmp_path: Path) -> None:
    shutil.copytree(small_group.folder, tmp_path / "workspace")
    file = tmp_path / "workspace" / "landing" / "d06" / "service_20260303.csv"

    deliver_night(tmp_path / "workspace", 2)
    first = file.read_bytes()
    deliver_night(tmp_path / "workspace", 3)

    assert file.read_bytes() != first


def test_a_full_file_holds_everything_and_a_delta_the_news(small_group: DemoGroup) -> None:
    rows = {(delivery.night, delivery.file): delivery.rows for delivery in small_group.deliveries}

    assert len(rows[3, "d01/sales_20260304.csv"]) > len(rows[1, "d01/sales_20260302.csv"])
    assert 0 < len(rows[3, "d01/service_20260304.csv"]) < len(rows[1, "d01/service_20260302.csv"])


def test_no_file_holds_what_happened_on_its_day_or_later(small_group: DemoGroup) -> None:
    for delivery in small_group.deliveries:
        assert all(row.known_on < NIGHTS[delivery.night - 1] for row in delivery.rows)


def test_an_order_becomes_a_sale_in_a_later_night(small_group: DemoGroup) -> None:
    status: dict[str, list[object]] = {}
    for delivery in small_group.deliveries:
        for row in delivery.rows:
            if delivery.file.startswith("d04/deals") and not row.spoiled and row.values["document_type"] == "sale":
                status.setdefault(row.source_id, []).append(row.values["status"])

    assert ["open", "delivered"] in [sorted(set(of_sale), reverse=True) for of_sale in status.values()]
