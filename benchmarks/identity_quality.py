"""How well people of a labelled set are told apart: by our chain, and by Splink with a model written by hand.

    python -m benchmarks.identity_quality febrl3 --data /somewhere/labelled

puts the set through the real way (a dealer's YAML, `dealer360 load`, the identity models), trains a model on it alone,
and judges both by the truth at the shipped threshold. Prints JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.identity_chain import run_dbt
from benchmarks.labelled_sets import SETS, write_set
from benchmarks.subprocesses import dealer360, python
from stewardship.evaluation import Evaluation, evaluate
from warehouse.database import connect
from warehouse.embedded_server import EmbeddedServer
from warehouse.match_models import load_active_model
from warehouse.settings import Workspace

_GROUP = """
name: Labelled data
time_zone: UTC
currency: USD
default_phone_region: US
"""
_DEALER = """
dealer_code: d01
name: Labelled data
time_zone: UTC
phone_region: US
feeds:
  - source: dms
    entity: customers
    path: d01/people.csv
    format: {type: csv, encoding: utf-8, delimiter: ","}
    dates: {order: ymd}
    delivery: full
    ignore: [cluster]
    columns:
"""
_MODELS = ("--select", "+int_customer_ids_assigned")


def measure(name: str, data: Path, folder: Path) -> dict[str, Any]:
    """Judge the set `name`; gives precision, recall and F1 by measure, for ours untrained and trained, and Splink's."""
    people = folder / "people.csv"
    workspace = Workspace(folder / "workspace")
    columns = write_set(name, data, people)
    try:
        _load(workspace, people, [column for column in columns if column != "cluster"])
        labels = _write_labels(people, folder / "labels.csv")
        run_dbt(workspace, "seed", "--select", "path:seeds/identity")
        run_dbt(workspace, "run", *_MODELS)
        found = {"ours, shipped model": judged(workspace, labels)}
        dealer360(workspace.root, "identity", "train", "--version", "trained")
        with connect(workspace) as connection:
            connection.execute(
                "insert into ops.settings (setting, value) values ('identity_version', 'trained')"
                " on conflict (setting) do update set value = excluded.value"
            )
            load_active_model(connection, workspace)
            connection.execute("update ops.current_build set identity_version = 'trained'")
        run_dbt(workspace, "run", *_MODELS)
        found["ours, trained on it"] = judged(workspace, labels)
    finally:
        EmbeddedServer(workspace).stop()
    splink = python("benchmarks.splink_side", str(people), "--settings", name)
    return found | {"Splink, written by hand": json.loads(splink.output)["quality"]}


def judged(workspace: Workspace, labels: Path) -> dict[str, Any]:
    """The last run's clusters against the labels."""
    with connect(workspace) as connection:
        return as_figures(evaluate(connection, labels))


def as_figures(evaluation: Evaluation) -> dict[str, Any]:
    """Precision, recall and F1 by measure, and the largest clusters."""
    return {
        **{
            quality.measure: {"precision": quality.precision, "recall": quality.recall, "f1": quality.f1}
            for quality in evaluation.qualities
        },
        "largest clusters": evaluation.largest_clusters,
    }


def _load(workspace: Workspace, people: Path, columns: Sequence[str]) -> None:
    for folder in (workspace.dealers_dir, workspace.landing_dir / "d01"):
        folder.mkdir(parents=True)
    workspace.group_file.write_text(_GROUP, encoding="utf-8")
    mapped = "".join(f"      {column}: {column}\n" for column in columns)
    (workspace.dealers_dir / "d01.yml").write_text(_DEALER + mapped, encoding="utf-8")
    (workspace.landing_dir / "d01" / "people.csv").write_bytes(people.read_bytes())
    dealer360(workspace.root, "load")
    with connect(workspace) as connection:
        connection.execute(
            "update ops.current_build set as_of_date = current_date,"
            " horizon = (select last_batch_seq from ops.batch_sequence)"
        )
        connection.execute("insert into ops.build_dealers select * from ops.dealers")
        connection.execute("insert into ops.build_settings select * from ops.settings")


def _write_labels(people: Path, labels: Path) -> Path:
    with (
        people.open(encoding="utf-8", newline="") as source,
        labels.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(("dealer_code", "source_system", "entity", "source_record_id", "cluster"))
        for row in csv.DictReader(source):
            writer.writerow(("d01", "dms", "customers", row["source_id"], row["cluster"]))
    return labels


def main(arguments: Sequence[str]) -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity_quality")
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--data", type=Path, default=Path("labelled"), help="folder with febrl3.csv and fake_1000.csv")
    parser.add_argument("--folder", type=Path, help="where to work; it is kept (else a temporary one)")
    given = parser.parse_args(arguments)
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        found = measure(given.name, given.data, given.folder)
    else:
        with tempfile.TemporaryDirectory(prefix="dealer360-benchmark-") as folder:
            found = measure(given.name, given.data, Path(folder))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
