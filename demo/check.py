"""Compares what a run of the demo's nights refused and quarantined with the truth about its files."""

from __future__ import annotations

import csv
from pathlib import Path

import psycopg

from demo.truth import TRUTH_FOLDER


def differences(connection: psycopg.Connection, folder: Path, nights: int) -> list[str]:
    """What the first `nights` nights in the workspace `folder` did otherwise than the truth says; one sentence each."""
    return [*_refusal_differences(connection, folder, nights), *_quarantine_differences(connection, folder, nights)]


def _read(folder: Path, name: str, nights: int) -> list[dict[str, str]]:
    with (folder / TRUTH_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["night"]) <= nights]


def _refusal_differences(connection: psycopg.Connection, folder: Path, nights: int) -> list[str]:
    truth = _read(folder, "refusals.csv", nights)
    expected = sorted((row["file"], row["status"], row["why"]) for row in truth if row["status"] != "skipped")
    happened = sorted(
        connection.execute(
            "select source_file, status, coalesce(reason_code, '') from ops.batches where status in ('refused', 'held')"
        ).fetchall()
    )
    missing = [batch for batch in expected if batch not in happened]
    surprising = [batch for batch in happened if batch not in expected]
    return [
        *(f"{file} should have been {status} ({why}) and was not" for file, status, why in missing),
        *(f"{file} was {status} ({why}) and should not have been" for file, status, why in surprising),
        *_loaded_differences(connection, folder, nights),
    ]


def _loaded_differences(connection: psycopg.Connection, folder: Path, nights: int) -> list[str]:
    """Every other file was loaded, and as often as it brought something new: a repetition has no batch_seq."""
    expected: dict[str, int] = {}
    for row in _read(folder, "files.csv", nights):
        expected[row["file"]] = expected.get(row["file"], 0) + (row["is_loaded"] == "yes")
    loaded: dict[str, int] = dict(
        connection.execute(
            "select source_file, count(*) from ops.batches where batch_seq is not null group by source_file"
        ).fetchall()
    )
    return [
        f"{file} should have been loaded {times} time(s) and was {loaded.get(file, 0)}"
        for file, times in sorted(expected.items())
        if times != loaded.get(file, 0)
    ]


def _quarantine_differences(connection: psycopg.Connection, folder: Path, nights: int) -> list[str]:
    expected = {(row["file"], int(row["source_row"]), row["rule"]) for row in _read(folder, "quarantine.csv", nights)}
    happened = {
        (str(file), int(row), str(rule))
        for file, row, rule in connection.execute(
            """
            select quarantined.source_file, quarantined.source_row, findings.rule_code
            from quarantine.rows as quarantined
            join quarantine.findings as findings using (quarantine_id)
            """
        )
    }
    rows_expected = {(file, row) for file, row, _ in expected}
    return [
        *(f"{file}, row {row} should be in quarantine ({rule})" for file, row, rule in sorted(expected - happened)),
        *(
            f"{file}, row {row} is in quarantine ({rule}) and should not be"
            for file, row, rule in sorted(happened - expected)
            if (file, row) not in rows_expected
        ),
    ]
