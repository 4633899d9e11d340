"""Splink's side of the comparisons: predict and cluster, on DuckDB or Postgres, with models as its documentation has.

    python -m benchmarks.splink_side people.csv --settings febrl3

reads a CSV file whose column `cluster` is the truth and `source_id` the record; prints as JSON what training,
predicting and clustering took, and how good the clusters are.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import psycopg
import splink.comparison_library as cl
import sqlalchemy
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.backends.postgres import PostgresAPI
from splink.internals.splink_dataframe import SplinkDataFrame

from stewardship.evaluation import cluster_qualities

CLUSTER_THRESHOLD = 0.95
"""As in Splink's tutorial."""


@dataclass(frozen=True)
class HandWritten:
    """A model by somebody who knows the data: what is compared, and what proposes, trains and certainly matches."""

    comparisons: Callable[[], Sequence[Any]]
    blocking: tuple[Any, ...]
    certain: tuple[str, ...]
    recall_of_certain: float
    training: tuple[Any, ...]


def _febrl3() -> Sequence[Any]:
    return [
        cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.DamerauLevenshteinAtThresholds("national_id", [2]),
        cl.LevenshteinAtThresholds("address", [2, 5]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postal_code", [2]).configure(term_frequency_adjustments=True),
    ]


def _fake_1000() -> Sequence[Any]:
    return [
        cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        cl.EmailComparison("email"),
    ]


def _pseudopeople() -> Sequence[Any]:
    return [
        cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.ExactMatch("middle_name").configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds("address", [2]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("national_id", [2]),
    ]


def _historical() -> Sequence[Any]:
    return [
        cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.PostcodeComparison("postal_code"),
        cl.LevenshteinAtThresholds("city", [2]).configure(term_frequency_adjustments=True),
    ]


def _rare_duplicates() -> Sequence[Any]:
    return [
        *_historical(),
        cl.LevenshteinAtThresholds("address", [2]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("phone", [1]),
    ]


def _dealers() -> Sequence[Any]:
    """Edit distances alone, which every engine of Splink's has."""
    return [
        cl.LevenshteinAtThresholds("first_name", [1, 2]).configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds("last_name", [1, 2]).configure(term_frequency_adjustments=True),
        cl.ExactMatch("middle_name").configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds("birth_date", [1, 2]),
        cl.ExactMatch("phone"),
        cl.ExactMatch("email"),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True),
    ]


_NAMES_AND_BIRTH = "l.first_name = r.first_name and l.last_name = r.last_name and l.birth_date = r.birth_date"

MODELS: dict[str, HandWritten] = {
    "febrl3": HandWritten(
        _febrl3,
        (
            block_on("national_id"),
            block_on("first_name"),
            block_on("last_name"),
            block_on("birth_date"),
            block_on("postal_code"),
        ),
        ("l.national_id = r.national_id", _NAMES_AND_BIRTH),
        0.9,
        (block_on("birth_date"), block_on("postal_code")),
    ),
    "fake_1000": HandWritten(
        _fake_1000,
        (
            block_on("first_name"),
            block_on("last_name"),
            block_on("birth_date"),
            block_on("email"),
        ),
        (
            "l.first_name = r.first_name and levenshtein(r.birth_date, l.birth_date) <= 1",
            "l.last_name = r.last_name and levenshtein(r.birth_date, l.birth_date) <= 1",
            "l.first_name = r.first_name and levenshtein(r.last_name, l.last_name) <= 2",
            "l.email = r.email",
        ),
        0.7,
        (block_on("first_name", "last_name"), block_on("birth_date")),
    ),
    "pseudopeople": HandWritten(
        _pseudopeople,
        (
            block_on("first_name", "last_name"),
            block_on("birth_date"),
            block_on("national_id"),
            block_on("address"),
        ),
        (_NAMES_AND_BIRTH, "l.national_id = r.national_id"),
        0.6,
        (block_on("first_name", "last_name"), block_on("birth_date")),
    ),
    "historical": HandWritten(
        _historical,
        (
            block_on("substr(first_name, 1, 3)", "substr(last_name, 1, 4)"),
            block_on("last_name", "birth_date"),
            block_on("first_name", "birth_date"),
            block_on("postal_code", "first_name"),
            block_on("postal_code", "last_name"),
            block_on("birth_date", "city"),
            block_on("postal_code", "birth_date"),
            block_on("last_name", "city"),
        ),
        (
            _NAMES_AND_BIRTH,
            "l.first_name = r.first_name and l.last_name = r.last_name and l.postal_code = r.postal_code",
        ),
        0.6,
        (block_on("first_name", "last_name"), block_on("birth_date")),
    ),
    "rare_duplicates": HandWritten(
        _rare_duplicates,
        (
            block_on("first_name", "last_name"),
            block_on("birth_date"),
            block_on("phone"),
            block_on("address", "postal_code"),
        ),
        (_NAMES_AND_BIRTH, "l.first_name = r.first_name and l.phone = r.phone"),
        0.7,
        (block_on("first_name", "last_name"), block_on("birth_date")),
    ),
    "dealers": HandWritten(
        _dealers,
        (
            block_on("phone"),
            block_on("email"),
            block_on("birth_date", "substr(last_name, 1, 3)"),
            block_on("first_name", "last_name", "middle_name"),
            block_on("first_name", "last_name", "city"),
        ),
        ("l.phone = r.phone and l.last_name = r.last_name", "l.email = r.email", _NAMES_AND_BIRTH),
        0.8,
        (block_on("first_name", "last_name"), block_on("birth_date"), block_on("phone")),
    ),
}


def run(file: Path, settings: str, postgres_url: str | None = None) -> dict[str, Any]:
    """Train, predict and cluster on DuckDB or on this Postgres; seconds of each, and the clusters' quality."""
    model = MODELS[settings]
    with file.open(encoding="utf-8", newline="") as stream:
        key = "source_id" if "source_id" in next(csv.reader(stream)) else "source_record_id"
    select = f"select {key} as unique_id, * exclude ({key}, cluster) from read_csv('{file}', all_varchar = true)"  # noqa: S608
    people = _people_in_postgres(select, postgres_url) if postgres_url else _people_in_duckdb(select)
    linker = Linker(people, settings_of(model), log_level="ERROR")
    began = time.monotonic()
    train(linker, model)
    trained = time.monotonic()
    predictions = linker.inference.predict(threshold_match_probability=0.5)
    predicted = time.monotonic()
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=CLUSTER_THRESHOLD
    )
    clustered = time.monotonic()
    measured = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {row["unique_id"]: row["cluster_id"] for row in clusters.as_record_list()}
    with file.open(encoding="utf-8", newline="") as stream:
        labels = [(row["cluster"], found[row[key]]) for row in csv.DictReader(stream)]
    return {
        "training_seconds": round(trained - began, 2),
        "predict_seconds": round(predicted - trained, 2),
        "cluster_seconds": round(clustered - predicted, 2),
        "peak_mib": round(measured),
        "quality": quality(labels),
    }


def _people_in_duckdb(select: str) -> SplinkDataFrame:
    """The people as a table of texts, an empty cell as null, without the truth."""
    database = duckdb.connect()
    database.execute(f"create table people as {select}")
    return DuckDBAPI(connection=database).register("people")


class _PostgresBackend(PostgresAPI):
    """Splink's, with its own way out for what it registers while it trains: the first way downloads an extension."""

    def _table_registration(self, input: Any, table_name: str) -> None:  # noqa: A002, ANN401  (as Splink has it)
        pd.DataFrame(input).to_sql(
            table_name, con=self._engine, index=False, if_exists="replace", schema=self._db_schema
        )


def _people_in_postgres(select: str, url: str) -> SplinkDataFrame:
    """The same in an empty database, with statistics."""
    with duckdb.connect() as reader, psycopg.connect(url) as connection:
        relation = reader.sql(select)
        connection.execute("create extension if not exists fuzzystrmatch")
        connection.execute(f"create table people ({', '.join(name + ' text' for name in relation.columns)})")
        with connection.cursor().copy("copy people from stdin") as copy:
            for row in relation.fetchall():
                copy.write_row(row)
        connection.execute("analyze people")
    return _PostgresBackend(sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))).register(
        "people"
    )


def settings_of(model: HandWritten) -> SettingsCreator:
    """The model as Splink takes it."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(model.comparisons()),
        blocking_rules_to_generate_predictions=list(model.blocking),
    )


def train(linker: Linker, model: HandWritten) -> None:
    """As Splink's tutorial does it: prior from certain matches, u by random sampling, m by EM."""
    linker.training.estimate_probability_two_random_records_match(list(model.certain), recall=model.recall_of_certain)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in model.training:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)


def quality(labels: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Precision, recall and F1 by pairs, whole clusters and records (B-cubed), from (label, cluster) per record."""
    cells = Counter(labels)
    by_cluster: Counter[object] = Counter()
    for (_, cluster), count in cells.items():
        by_cluster[cluster] += count
    judged = {
        found.measure: {"precision": found.precision, "recall": found.recall, "f1": found.f1}
        for found in cluster_qualities(cells)
    }
    return {**judged, "largest clusters": sorted(by_cluster.values(), reverse=True)[:5]}


def main(arguments: Sequence[str]) -> None:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.splink_side")
    parser.add_argument("file", type=Path)
    parser.add_argument("--settings", choices=MODELS, required=True)
    parser.add_argument("--postgres", metavar="URL", help="an empty database to work in (else DuckDB, in memory)")
    given = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(run(given.file, given.settings, given.postgres)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
