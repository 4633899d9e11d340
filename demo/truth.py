"""The truth about the demo group: who is who, which files and rows must be kept out, and how many rows there are."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.mistakes import Mistakes
from demo.nights import Delivery
from demo.people import Population
from demo.rows import Row
from demo.spoiled_files import Refusal

TRUTH_FOLDER = "truth"
RecordKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Truth:
    """What must come out of a run of all nights."""

    clusters: dict[RecordKey, str]  # record (dealer, system, entity, id) → who it is
    unjudged: dict[RecordKey, str]  # records of which nobody could tell, and why
    refusals: tuple[Refusal, ...]
    quarantined: tuple[tuple[int, str, int, str], ...]  # night, file, row as a spreadsheet counts, rule


def truth_of(deliveries: Sequence[Delivery], refusals: Sequence[Refusal]) -> Truth:
    """The truth about the files as they arrive: rows of files that are not loaded are no records."""
    clusters: dict[RecordKey, str] = {}
    unjudged: dict[RecordKey, str] = {}
    for delivery in deliveries:
        for row in delivery.rows if delivery.is_loaded else ():
            for key, who in _people_of(row):
                if row.unjudged or not who:
                    unjudged[key] = row.unjudged or "nothing but a name"
                else:
                    clusters[key] = who
    for key in clusters:
        unjudged.pop(key, None)
    return Truth(clusters, unjudged, tuple(refusals), tuple(_quarantined(deliveries)))


def _people_of(row: Row) -> Iterator[tuple[RecordKey, str]]:
    if row.spoiled:
        return
    for role, who in row.people.items():
        suffix = f"#{role}" if role else ""
        yield (row.dealer_code, row.source, row.entity, f"{row.record_id}{suffix}"), who


def _quarantined(deliveries: Sequence[Delivery]) -> Iterator[tuple[int, str, int, str]]:
    for delivery in deliveries:
        if delivery.is_loaded:
            first = delivery.feed.first_row
            for number, row in enumerate(delivery.rows, start=first):
                if row.spoiled:
                    yield delivery.night, delivery.file, number, row.spoiled


def write_truth(
    folder: Path, truth: Truth, deliveries: Sequence[Delivery], population: Population, mistakes: Mistakes
) -> None:
    """The truth as CSV files under `folder/truth/`."""
    target = folder / TRUTH_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    key = ("dealer_code", "source_system", "entity", "source_record_id")
    _write(target / "clusters.csv", (*key, "cluster"), ((*k, who) for k, who in sorted(truth.clusters.items())))
    _write(target / "unjudged.csv", (*key, "why"), ((*k, why) for k, why in sorted(truth.unjudged.items())))
    refusals = ((r.night, r.file, r.status, r.reason) for r in truth.refusals)
    _write(target / "refusals.csv", ("night", "file", "status", "why"), refusals)
    _write(target / "quarantine.csv", ("night", "file", "source_row", "rule"), truth.quarantined)
    counts = ((d.night, d.file, len(d.rows), "yes" if d.is_loaded else "no") for d in deliveries)
    _write(target / "files.csv", ("night", "file", "rows", "is_loaded"), counts)
    members = ((person.household_id, person.person_id) for person in population.persons)
    shared = (pair for pair in members if len(population.persons_of(pair[0])) > 1)
    _write(target / "households.csv", ("household", "cluster"), shared)
    kinds = ((kind, mistakes.rates[kind], mistakes.occasions[kind], mistakes.made[kind]) for kind in mistakes.rates)
    _write(target / "mistakes.csv", ("kind", "rate", "occasions", "made"), kinds)


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
