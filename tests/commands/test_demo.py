"""The demo, by the command that a newcomer types first."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.throwaway_databases import throwaway_database
from warehouse.settings import Workspace


def demo(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(folder), "demo", *words])


@pytest.fixture(scope="module")
def database_url(server_url: str) -> Iterator[str]:
    with throwaway_database(server_url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", url)
        yield url


@pytest.fixture(scope="module")
def first_run(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("demo") / "group"
    return folder, demo(folder, "--customers", "100", "--nights", "1")


def test_a_night_keeps_out_exactly_what_the_truth_names_and_is_published(first_run: tuple[Path, Result]) -> None:
    _, result = first_run

    assert result.exit_code == 0, result.output
    assert "1 refused" in result.output
    assert "build 1 is live" in result.output
    assert "Kept out: exactly the files and rows" in result.output


def test_another_size_in_the_same_folder_is_wrong_use(first_run: tuple[Path, Result]) -> None:
    folder, _ = first_run

    result = demo(folder, "--customers", "200")

    assert result.exit_code == 2
    assert "another size or seed" in result.output
    assert json.loads((folder / "demo.json").read_text())["customers"] == 100


def test_a_workspace_of_the_users_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "group.yml").write_text("name: Ours\ntime_zone: Europe/Moscow\n")

    result = demo(tmp_path)

    assert result.exit_code == 2
    assert "is a workspace of yours" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["group.yml"]


def test_a_database_that_holds_other_dealers_is_left_alone(
    workspace: Workspace, bootstrapped_database_url: str
) -> None:
    with psycopg.connect(bootstrapped_database_url) as connection:
        connection.execute(
            """
            insert into ops.dealers (dealer_code, dealer_name, time_zone, phone_region)
            values ('real', 'A real dealer', 'Europe/Moscow', 'RU')
            """
        )

    result = demo(workspace.root)

    assert result.exit_code == 2
    assert "holds other dealers: real" in result.output
    assert not (workspace.root / "demo.json").exists()


def test_fewer_customers_than_six_centres_need_is_wrong_use(tmp_path: Path) -> None:
    assert demo(tmp_path / "small", "--customers", "10").exit_code == 2
