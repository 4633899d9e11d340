"""What every dbt model has to be: short, portable, read from top to bottom, described; and that the rules hold."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbt.contracts.graph.manifest import Manifest

from ingestion.contracts import Contract, load_contracts
from ingestion.raw_tables import ensure_raw_tables
from tests.dbt_in_process import Dbt
from warehouse.database import connect
from warehouse.mart_tables import PREFIXES
from warehouse.settings import PROJECT_ROOT, Workspace

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
MODELS = sorted(DBT_PROJECT.glob("models/**/*.sql"))
WRITTEN_SQL = MODELS + sorted(DBT_PROJECT.glob("tests/**/*.sql"))
CONTRACTS = list(load_contracts().values())

# A custom materialisation reads the select itself; its columns are the materialisation's interface.
WITHOUT_FINAL = {"int_customer_components_found"}

# What Spark does not know, or knows differently. The dispatched macros say it for both.
NOT_PORTABLE = {
    r"::": "a cast written with ::",
    r"\bdistinct on\b": "distinct on",
    r"\bilike\b": "ilike",
    r"\s!?~\*?\s": "a regular expression operator",
    r"\bat time zone\b": "at time zone",
    r"\binterval\b": "an interval",
    r"\b(array_agg|string_agg|unnest|string_to_array|array_to_string|regexp_replace|levenshtein\w*)\s*\(": "a function",
    r"\bas (text|timestamptz)\)": "the name of a type",
    r"->": "a json operator",
    r"\b(now|current_date|current_timestamp|clock_timestamp)\b": "the clock instead of the as-of date",
    r"\blimit\b": "limit",
}


def _code(model: Path) -> str:
    """The model's SQL without comments and without what it hands to macros."""
    text = re.sub(r"\{#.*?#\}", "", model.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"\{\{.*?\}\}", "macro", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.S)
    return re.sub(r"--[^\n]*", "", text)


@pytest.fixture(scope="module")
def manifest(dbt_project: Manifest) -> dict[str, Any]:
    """dbt's own reading of the project, as it writes it."""
    return dbt_project.writable_manifest().to_dict(omit_none=False)


def _nodes(manifest: dict[str, Any], resource_type: str) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == resource_type]


def _marts(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in _nodes(manifest, "model") if node["name"].startswith(PREFIXES)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_a_model_is_at_most_120_lines(model: Path) -> None:
    assert len(model.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_a_model_ends_with_its_final_step(model: Path) -> None:
    if model.stem in WITHOUT_FINAL:
        return
    code = _code(model).strip()
    assert re.search(r"\bfinal as \(", code)
    assert re.search(r"select \* from final$", code)


@pytest.mark.parametrize("file", WRITTEN_SQL, ids=lambda file: file.stem)
def test_sql_is_written_for_every_engine(file: Path) -> None:
    code = _code(file)
    found = [what for pattern, what in NOT_PORTABLE.items() if re.search(pattern, code)]
    assert not found


def test_every_macro_is_used(manifest: dict[str, Any]) -> None:
    macros = {name: macro for name, macro in manifest["macros"].items() if name.startswith("macro.dealer360.")}
    used = {key for user in (*manifest["nodes"].values(), *macros.values()) for key in user["depends_on"]["macros"]}
    written = "\n".join(file.read_text(encoding="utf-8") for file in WRITTEN_SQL + sorted(DBT_PROJECT.glob("*.yml")))
    # dbt itself asks for the first kinds, another macro's dispatch for the engines' halves.
    asked_for = ("generate_", "materialization_", "test_", "default__", "postgres__", "spark__")
    unused = [
        macro["name"]
        for key, macro in macros.items()
        if key not in used and not macro["name"].startswith(asked_for) and f"{macro['name']}(" not in written
    ]
    assert not unused


def test_every_model_and_seed_says_what_a_row_is(manifest: dict[str, Any]) -> None:
    nodes = _nodes(manifest, "model") + _nodes(manifest, "seed")
    assert not [node["name"] for node in nodes if not node["description"].strip()]


def test_every_column_of_words_is_looked_at_for_unknown_ones() -> None:
    model = (DBT_PROJECT / "models/intermediate/unioned/int_words_unmapped.sql").read_text(encoding="utf-8")
    found = re.search(r"set word_columns = (\{.*?\}) -%\}", model, flags=re.S)
    columns = {
        contract.table: [column.name for column in contract.columns if column.type == "word"] for contract in CONTRACTS
    }
    assert found
    assert ast.literal_eval(found[1]) == {table: words for table, words in columns.items() if words}


def test_every_described_column_is_described(manifest: dict[str, Any]) -> None:
    nodes = _nodes(manifest, "model") + _nodes(manifest, "seed")
    empty = [
        f"{node['name']}.{column['name']}"
        for node in nodes
        for column in node["columns"].values()
        if not column["description"].strip()
    ]
    assert not empty


def test_every_mart_has_a_contract_a_key_and_a_page(manifest: dict[str, Any]) -> None:
    lacking = []
    for mart in _marts(manifest):
        keys = [constraint for constraint in mart["constraints"] if constraint["type"] == "primary_key"]
        says_row = mart["description"].startswith(("**Row**", "One row per"))
        page = says_row and all(f"**{part}**" in mart["description"] for part in ("Key", "Rules", "Quirks", "Example"))
        typed = all(column["data_type"] for column in mart["columns"].values())
        if not (mart["contract"]["enforced"] and keys and page and typed):
            lacking.append(mart["name"])
    assert not lacking


def test_personal_data_stand_in_the_contacts_alone(manifest: dict[str, Any]) -> None:
    personal = {column.name for contract in CONTRACTS for column in contract.columns if column.is_personal}
    holders = {
        mart["name"]
        for mart in _marts(manifest)
        for name, column in mart["columns"].items()
        if name in personal or column["config"].get("meta", {}).get("personal_data")
    }
    assert holders == {"dim_customer_contacts"}


def test_every_rule_about_a_record_key_is_tested(manifest: dict[str, Any]) -> None:
    """Each staging model has its compound key tested."""
    tested = {
        test["attached_node"].rpartition(".")[2]
        for test in _nodes(manifest, "test")
        if (test.get("test_metadata") or {}).get("name") == "unique_key" and test.get("attached_node")
    }
    assert {f"stg_{contract.table}" for contract in CONTRACTS} <= tested


def _columns(connection: psycopg.Connection, schema: str, table: str) -> set[str]:
    rows = connection.execute(
        "select column_name::text from information_schema.columns where table_schema = %s and table_name = %s",
        (schema, table),
    )
    return {row[0] for row in rows}


def _staging_differences(connection: psycopg.Connection, contract: Contract) -> list[str]:
    key = {"dealer_code", "source_system", "entity", "source_record_id"}
    technical = {"_source_file", "_source_row", "_batch_id", "_batch_seq", "_delivered_on", "_loaded_at"}
    expected = {*contract.column_names, *key, *technical, "is_absent_from_source"}
    found = _columns(connection, "staging", f"stg_{contract.table}")
    return [f"{contract.table}: {name}" for name in sorted(expected ^ found)]


def test_the_project_builds_without_data_whatever_stood_there_and_every_unit_test_holds(
    workspace: Workspace, run_dbt: Dbt
) -> None:
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        connection.execute(_OF_OTHER_KINDS)
    run_dbt("build")
    with connect(workspace) as connection:
        differences = [line for contract in CONTRACTS for line in _staging_differences(connection, contract)]
        rows = connection.execute("select count(*) from build.int_group_settings").fetchone()
        undescribed = connection.execute(_UNDESCRIBED, [f"^({'|'.join(PREFIXES)})"]).fetchall()
        kinds = connection.execute(_KINDS).fetchone()
    assert not differences
    assert kinds == ("r", "v", None)
    assert rows == (1,)
    assert not undescribed


# As if the model had been materialised otherwise before, and somebody had a view on it.
_OF_OTHER_KINDS = """
    create view build.int_periods as select 1 as number;
    create table build.int_placeholder_words (number int);
    create view build.somebodys_own as select number from build.int_placeholder_words;
"""

_KINDS = """
    select
        (select relkind::text from pg_class where oid = to_regclass('build.int_periods')),
        (select relkind::text from pg_class where oid = to_regclass('build.int_placeholder_words')),
        to_regclass('build.somebodys_own')
"""

_UNDESCRIBED = """
    select attribute.attrelid::regclass::text, attribute.attname::text
    from pg_attribute as attribute
    inner join pg_class as class on attribute.attrelid = class.oid
    where
        class.relnamespace = 'build'::regnamespace and class.relkind = 'r' and class.relname ~ %s
        and attribute.attnum > 0 and not attribute.attisdropped
        and (
            col_description(class.oid, attribute.attnum) is null or obj_description(class.oid, 'pg_class') is null
        )
"""
