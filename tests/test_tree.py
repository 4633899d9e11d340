"""The tree does not lie: the two words of a feed stand in every folder that its records pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from ingestion.contracts import Contract, load_contracts
from warehouse.settings import PROJECT_ROOT

CONTRACTS = list(load_contracts().values())
FIXTURE_WORKSPACE = PROJECT_ROOT / "tests" / "fixtures" / "workspace"


def _fixture_feeds() -> dict[tuple[str, str], str]:
    """(source, entity) → path pattern, of all feeds in the fixture workspace."""
    return {
        (feed["source"], feed["entity"]): feed["path"]
        for file in sorted((FIXTURE_WORKSPACE / "dealers").glob("*.yml"))
        for feed in yaml.safe_load(file.read_text(encoding="utf-8"))["feeds"]
    }


def test_there_are_contracts_for_the_twelve_feeds() -> None:
    assert len(CONTRACTS) == 12


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.table)
def test_a_contract_has_a_staging_model_a_suite_a_dag_and_a_fixture(contract: Contract) -> None:
    expected = {
        "staging model": PROJECT_ROOT / f"dbt_project/models/staging/{contract.source}/stg_{contract.table}.sql",
        "suite": PROJECT_ROOT / f"expectations/raw/{contract.table}.py",
        "DAG": PROJECT_ROOT / f"dags/ingest_{contract.source}.py",
    }
    missing = {what: str(path) for what, path in expected.items() if not path.is_file()}
    assert not missing

    pattern = _fixture_feeds()[contract.source, contract.entity]
    stem = Path(pattern).name.split("{")[0]
    assert list((FIXTURE_WORKSPACE / "landing").glob(f"*/{stem}*")), f"no fixture file for {pattern}"


def test_nothing_stands_in_a_folder_without_its_contract() -> None:
    tables = {contract.table for contract in CONTRACTS}
    models = {path.stem.removeprefix("stg_") for path in PROJECT_ROOT.glob("dbt_project/models/staging/*/stg_*__*.sql")}
    suites = {path.stem for path in PROJECT_ROOT.glob("expectations/raw/[a-z]*__*.py")}
    assert models == tables
    assert suites == tables


def test_no_folder_is_a_drawer_for_leftovers() -> None:
    drawers = {"utils", "helpers", "misc", "common", "scripts"}
    found = []
    for parent, folders, files in os.walk(PROJECT_ROOT):
        # Not even looked into: .venv alone holds tens of thousands of files.
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        found += [Path(parent, name) for name in folders + files if Path(name).stem in drawers]
    assert not found
