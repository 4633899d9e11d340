"""What the YAML files say stands in ops."""

from __future__ import annotations

import pytest

from ingestion.dealer_files import read_configuration
from ingestion.register import register
from tests.ingestion.deliveries import query, write_dealer, write_group, write_sales_dealer
from warehouse.database import connect
from warehouse.settings import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace of two dealers."""
    write_group(workspace)
    write_sales_dealer(workspace)
    write_sales_dealer(workspace, "d02")
    return workspace


def register_workspace(workspace: Workspace) -> None:
    with connect(workspace, autocommit=True) as connection:
        register(connection, read_configuration(workspace))


def test_dealers_feeds_and_settings_are_written(workspace: Workspace) -> None:
    with workspace.group_file.open("a", encoding="utf-8") as stream:
        stream.write("thresholds:\n  retention: {active_days: 395}\n")
    register_workspace(workspace)
    dealers = query(workspace, "select dealer_code, phone_region, is_listed from ops.dealers order by dealer_code")
    assert [tuple(dealer.values()) for dealer in dealers] == [("d01", "RU", True), ("d02", "RU", True)]
    assert len(query(workspace, "select * from ops.feeds where is_listed and definition ->> 'delivery' = 'full'")) == 2
    settings = {row["setting"]: row["value"] for row in query(workspace, "select setting, value from ops.settings")}
    assert settings["retention.active_days"] == "395"
    assert settings["time_zone"] == "Europe/Moscow"


def test_the_same_again_writes_nothing(workspace: Workspace) -> None:
    register_workspace(workspace)
    before = query(workspace, "select xmin::text from ops.dealers union all select xmin::text from ops.feeds")
    register_workspace(workspace)
    assert query(workspace, "select xmin::text from ops.dealers union all select xmin::text from ops.feeds") == before


def test_a_dealer_without_a_yaml_stays_as_not_listed(workspace: Workspace) -> None:
    register_workspace(workspace)
    (workspace.dealers_dir / "d02.yml").unlink()
    register_workspace(workspace)
    listed = query(workspace, "select dealer_code, is_listed from ops.dealers order by dealer_code")
    assert [tuple(row.values()) for row in listed] == [("d01", True), ("d02", False)]


def test_a_dealer_whose_yaml_has_a_mistake_stays_as_it_was(workspace: Workspace) -> None:
    register_workspace(workspace)
    write_dealer(workspace, "dealer_code: d02\n", "d02")
    register_workspace(workspace)
    assert len(query(workspace, "select * from ops.dealers where is_listed")) == 2
    assert len(query(workspace, "select * from ops.feeds where is_listed")) == 2


def test_a_setting_that_is_gone_from_the_yaml_is_gone(workspace: Workspace) -> None:
    with workspace.group_file.open("a", encoding="utf-8") as stream:
        stream.write("thresholds:\n  retention: {active_days: 395}\n")
    register_workspace(workspace)
    write_group(workspace)
    register_workspace(workspace)
    assert query(workspace, "select * from ops.settings where setting like 'retention%'") == []
