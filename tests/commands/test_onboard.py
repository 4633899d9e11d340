"""`dealer360 onboard` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.main import cli


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace without a database, and a file beside it."""
    (tmp_path / "group.yml").write_text("name: Group\ntime_zone: Europe/Moscow\n", encoding="utf-8")
    rows = "".join(f"{n};0{n}.03.2026;Лапин Павел;Да\n" for n in range(1, 9))
    header = "Номер;Дата выдачи;Покупатель;Согласие на рассылку\n"
    (tmp_path / "sales_20260331.csv").write_bytes((header + rows).encode("cp1251"))
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    file = str(folder / "sales_20260331.csv")
    return CliRunner().invoke(cli, ["--workspace", str(folder), "onboard", file, "--dealer", "d07", *arguments])


def test_the_draft_goes_to_stdout_and_nothing_is_written(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# A draft, made of sales_20260331.csv: 8 rows")
    assert "consent_marketing: Согласие на рассылку" in result.stdout
    assert "Nothing was written; --write makes" in result.stderr
    assert not (folder / "dealers").exists()


def test_the_draft_is_written_where_it_belongs_and_passes_validation(folder: Path) -> None:
    assert run(folder, "--write").exit_code == 0
    assert (folder / "dealers" / "d07.yml").exists()
    assert CliRunner().invoke(cli, ["--workspace", str(folder), "validate"]).exit_code == 0


def test_programs_get_the_draft_as_json(folder: Path) -> None:
    found = json.loads(run(folder, "--json").stdout)
    assert (found["source"], found["entity"]) == ("dms", "sales")
    assert {"source_id", "sold_at", "full_name", "consent_marketing"} <= {match["column"] for match in found["columns"]}
    assert found["yaml"].startswith("# A draft")


def test_a_code_that_no_dealer_may_have_is_wrong_use(folder: Path) -> None:
    result = CliRunner().invoke(
        cli, ["--workspace", str(folder), "onboard", str(folder / "sales_20260331.csv"), "--dealer", "North!"]
    )
    assert result.exit_code == 2
    assert "no dealer code" in result.stderr


def test_a_second_draft_of_one_feed_is_refused_and_changes_nothing(folder: Path) -> None:
    run(folder, "--write")
    before = (folder / "dealers" / "d07.yml").read_bytes()
    result = run(folder, "--write")
    assert result.exit_code == 3
    assert "already" in result.stderr
    assert (folder / "dealers" / "d07.yml").read_bytes() == before
