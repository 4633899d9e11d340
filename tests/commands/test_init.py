from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from click.testing import CliRunner

from commands.main import cli
from ingestion.dealer_files import validate
from warehouse.settings import find_workspace


def test_a_new_workspace_has_a_group_one_commented_dealer_and_a_place_for_files(tmp_path):
    root = tmp_path / "my dealers"
    said = CliRunner().invoke(cli, ["init", str(root)])
    assert said.exit_code == 0
    assert str(root) in said.stdout
    assert set(yaml.safe_load((root / "group.yml").read_text())) >= {"name", "time_zone", "currency", "build_by"}
    dealer = yaml.safe_load((root / "dealers/d01.yml").read_text())
    assert dealer["dealer_code"] == "d01"
    assert (root / "dealers/d01.yml").read_text().count("#") > 20
    assert (root / "landing").is_dir()


def test_the_example_is_valid_and_says_where_editors_find_its_schema(tmp_path):
    CliRunner().invoke(cli, ["init", str(tmp_path)])
    configuration = validate(find_workspace(tmp_path))
    assert [dealer.dealer_code for dealer in configuration.dealers] == ["d01"]
    for name in ("group.yml", "dealers/d01.yml"):
        schema = (tmp_path / name).read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert Path(unquote(urlsplit(schema).path)).is_file()


def test_a_workspace_is_never_overwritten(tmp_path):
    CliRunner().invoke(cli, ["init", str(tmp_path)])
    (tmp_path / "group.yml").write_text("name: mine\n")
    said = CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert said.exit_code == 2
    assert (tmp_path / "group.yml").read_text() == "name: mine\n"


def test_files_that_were_there_stay(tmp_path):
    (tmp_path / "dealers").mkdir()
    (tmp_path / "dealers/d01.yml").write_text("dealer_code: d01\n")
    assert CliRunner().invoke(cli, ["init", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "dealers/d01.yml").read_text() == "dealer_code: d01\n"


def test_version_control_takes_the_settings_and_no_personal_data(tmp_path):
    CliRunner().invoke(cli, ["init", str(tmp_path)])
    rules = (tmp_path / ".gitignore").read_text().splitlines()
    assert [rule for rule in rules if not rule.startswith("#")] == ["/*", "!/.gitignore", "!/group.yml", "!/dealers/"]
