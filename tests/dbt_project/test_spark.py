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
    r"::|\bat time zone\b|\bas (text|timestamptz|double precision)\)|\b(unnest|array_agg|string_agg|string_to_array|hashtext\w*)\(|\s~\s"
)


@pytest.fixture(scope="module")
def linter() -> Iterator[Linter]:
    """sqlfluff as `make lint` has it, with Spark's dialect and Spark's half of the dispatched macros."""
    # Its variants, the branches of a model's Jinja that are not taken, are for rules of layout: parsed.violations and
    # root_variant() are those of the first alone, what dbt runs.
    config = FluffConfig.from_path(str(PROJECT_ROOT), overrides={"dialect": "sparksql", "render_variant_limit": 1})
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


def test_a_number_of_several_parts_is_null_where_the_first_is_missing(linter: Linter) -> None:
    """xxhash64 leaves nulls out: a surname's and a postal code's key would be one of the postal code alone."""
    parsed = linter.parse_string("select {{ hashed_64('postal_code', hashed_64('last_name_key')) }} as block_id")
    variant = parsed.root_variant()
    assert variant is not None
    of_surname = "case when concat(0, last_name_key) is not null then xxhash64(0, last_name_key) end"
    assert f"when concat({of_surname}, postal_code) is not null then" in str(variant.templated_file)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_a_model_is_sql_for_spark(model: Path, linter: Linter) -> None:
    parsed = linter.parse_string(model.read_text(encoding="utf-8"), fname=str(model))
    variant = parsed.root_variant()
    assert variant is not None
    rendered = re.sub(r"--[^\n]*", "", str(variant.templated_file))
    assert not re.search(POSTGRES_ALONE, rendered)
    if not any(re.search(pattern, rendered) for pattern in UNKNOWN_TO_THE_PARSER.values()):
        assert not [str(violation) for violation in parsed.violations]
