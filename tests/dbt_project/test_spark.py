"""Every model rendered as dbt renders it for Spark, and read as Spark's SQL. No Spark is run here."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from warehouse.settings import PROJECT_ROOT

MODELS = sorted((PROJECT_ROOT / "dbt_project").glob("models/**/*.sql"))

# Spark 4 knows them, the parser's idea of its dialect does not.
UNKNOWN_TO_THE_PARSER = {
    "percentile_cont … within group": r"\bwithin group \(",
    "case over an expression": r"\bcase\s+[\w.]+ \|\|",
}
POSTGRES_ALONE = (
    r"::|\bat time zone\b|\bas (text|timestamptz)\)|\b(unnest|array_agg|string_agg|string_to_array|hashtext\w*)\(|\s~\s"
)


@pytest.fixture(scope="module")
def linter() -> Iterator[Linter]:
    """sqlfluff as `make lint` has it, with Spark's dialect and Spark's half of the dispatched macros."""
    config = FluffConfig.from_path(str(PROJECT_ROOT), overrides={"dialect": "sparksql"})
    config.set_value(["templater", "jinja", "context", "sql_engine"], "spark")
    config.set_value(["templater", "jinja", "library_path"], str(PROJECT_ROOT / "dbt_project/sqlfluff"))
    config.set_value(["templater", "jinja", "load_macros_from_path"], str(PROJECT_ROOT / "dbt_project/macros"))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # the parser descends once per bracket that the macros render
    yield Linter(config=config)
    sys.setrecursionlimit(limit)


def test_a_macro_that_the_parser_gets_flattened_is_sql_for_spark(linter: Linter) -> None:
    deep = "select {{ default__letters_replaced('first_name', [('ё', 'е'), ('щ', 'shch'), ('ъ', '')]) }} as name_key"
    parsed = linter.parse_string(deep)
    variant = parsed.root_variant()
    assert variant is not None
    assert str(variant.templated_file).count("replace(") == 3
    assert not parsed.violations


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_a_model_is_sql_for_spark(model: Path, linter: Linter) -> None:
    parsed = linter.parse_string(model.read_text(encoding="utf-8"), fname=str(model))
    variant = parsed.root_variant()
    assert variant is not None
    rendered = re.sub(r"--[^\n]*", "", str(variant.templated_file))
    assert not re.search(POSTGRES_ALONE, rendered)
    if not any(re.search(pattern, rendered) for pattern in UNKNOWN_TO_THE_PARSER.values()):
        assert not [str(violation) for violation in parsed.violations]
