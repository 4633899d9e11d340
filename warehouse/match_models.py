"""Trained match models: their files in the workspace, and the copy of the active one that dbt reads.

A version `2026-11` is three CSV files in the workspace's `identity/`:

    2026-11.csv                    attribute, level, m_probability, u_probability, wording: as the shipped seed
    2026-11.settings.csv           setting, value: the prior, and the shares of names that were never met
    2026-11.term_frequencies.csv   attribute, term, share: how frequent names are in this group

group.yml names the active version; `default` is the seeds of the dbt project.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

DEFAULT_VERSION = "default"
VERSION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""What a version may be called: it is a file's name."""

_WEIGHT_COLUMNS = ("attribute", "level", "m_probability", "u_probability", "wording")
_SETTING_COLUMNS = ("setting", "value")
_TERM_COLUMNS = ("attribute", "term", "share")


class UnknownMatchModel(Dealer360Error):
    """group.yml names a version of the match model that the workspace does not hold."""


class MatchModelUnreadable(Dealer360Error):
    """A file of a trained match model is not what training writes."""


@dataclass(frozen=True)
class LevelWeight:
    """One level of agreement: how often pairs of one person stand there (m), and pairs of two (u)."""

    attribute: str
    level: str
    m_probability: float
    u_probability: float
    wording: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The attribute and the level."""
        return self.attribute, self.level

    @property
    def bits(self) -> float:
        """The match weight, log2(m/u) (Fellegi and Sunter, 1969)."""
        return math.log2(self.m_probability / self.u_probability)


@dataclass(frozen=True)
class ModelFiles:
    """The paths of one version's files."""

    weights: Path
    settings: Path
    term_frequencies: Path

    def __iter__(self) -> Iterator[Path]:
        return iter((self.weights, self.settings, self.term_frequencies))


def model_files(workspace: Workspace, version: str) -> ModelFiles:
    """Where the files of a version are, or would be."""
    folder = workspace.identity_dir
    return ModelFiles(
        folder / f"{version}.csv", folder / f"{version}.settings.csv", folder / f"{version}.term_frequencies.csv"
    )


def write_model(
    files: ModelFiles,
    weights: Iterable[LevelWeight],
    settings: Iterable[tuple[str, float]],
    term_frequencies: Iterable[tuple[str, str, float]],
) -> None:
    """Write a version's files; the weights come last, so that a version is there as a whole or not at all."""
    files.weights.parent.mkdir(parents=True, exist_ok=True)
    _write(files.term_frequencies, _TERM_COLUMNS, ((*row[:2], f"{row[2]:.6g}") for row in term_frequencies))
    _write(files.settings, _SETTING_COLUMNS, ((setting, f"{value:.6g}") for setting, value in settings))
    rows = ((w.attribute, w.level, f"{w.m_probability:.6g}", f"{w.u_probability:.6g}", w.wording) for w in weights)
    _write(files.weights, _WEIGHT_COLUMNS, rows)


def load_active_model(connection: psycopg.Connection, workspace: Workspace) -> None:
    """Copy the version that ops.settings names into schema identity, unless it stands there unchanged.

    Raises:
        UnknownMatchModel: the workspace does not hold it.
        MatchModelUnreadable: one of its files is broken.
    """
    row = connection.execute("select value from ops.settings where setting = 'identity_version'").fetchone()
    version = row[0] if row else DEFAULT_VERSION
    if version == DEFAULT_VERSION:
        return
    files = model_files(workspace, version)
    missing = [file.name for file in files if not file.is_file()]
    if missing or not VERSION_NAME.fullmatch(version):
        raise UnknownMatchModel(
            str(workspace.group_file),
            found=f"identity_version: {version}, but no {', '.join(missing) or 'such version'} in "
            f"{workspace.identity_dir}",
            expected=f"{DEFAULT_VERSION}, or one of: {', '.join(known_versions(workspace)) or 'none is trained yet'}",
            do="name a version that is there, or make one with `dealer360 identity train`; "
            "the build before stays published",
        )
    content_hash = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
    with connection.transaction():
        held = connection.execute(
            "select content_hash from identity.match_models where model_version = %s", (version,)
        ).fetchone()
        if held != (content_hash,):
            _copy_model(connection, version, files, content_hash)


def known_versions(workspace: Workspace) -> list[str]:
    """The trained versions of the workspace, the one that was written last at the end."""
    files = [file for file in workspace.identity_dir.glob("*.csv") if VERSION_NAME.fullmatch(file.stem)]
    return [file.stem for file in sorted(files, key=lambda file: (file.stat().st_mtime, file.stem))]


def read_weights(file: Path) -> list[LevelWeight]:
    """The weights of a version's first file, or of the shipped seed.

    Raises:
        MatchModelUnreadable: columns are missing, or a probability is none.
    """
    found = []
    for row in _read(file, _WEIGHT_COLUMNS):
        m_probability, u_probability = (_probability(file, row, column) for column in _WEIGHT_COLUMNS[2:4])
        found.append(LevelWeight(row["attribute"], row["level"], m_probability, u_probability, row["wording"]))
    return found


def read_settings(file: Path) -> dict[str, float]:
    """The settings that a version brings.

    Raises:
        MatchModelUnreadable: columns are missing, or a value is no number.
    """
    return {row["setting"]: _number(file, row, "value") for row in _read(file, _SETTING_COLUMNS)}


def read_term_frequencies(file: Path) -> Iterator[tuple[str, str, float]]:
    """Attribute, term and share, row by row.

    Raises:
        MatchModelUnreadable: columns are missing, or a share is none.
    """
    for row in _read(file, _TERM_COLUMNS):
        yield row["attribute"], row["term"], _probability(file, row, "share")


def _copy_model(connection: psycopg.Connection, version: str, files: ModelFiles, content_hash: str) -> None:
    connection.execute("delete from identity.match_weights where model_version = %s", (version,))
    connection.execute("delete from identity.match_models where model_version = %s", (version,))
    connection.execute(
        "insert into identity.match_models (model_version, content_hash) values (%s, %s)", (version, content_hash)
    )
    weights = read_weights(files.weights)
    _copy(
        connection,
        "match_weights",
        ("attribute", "level", "m_probability", "u_probability"),
        version,
        ((weight.attribute, weight.level, weight.m_probability, weight.u_probability) for weight in weights),
    )
    _copy(connection, "match_settings", _SETTING_COLUMNS, version, read_settings(files.settings).items())
    frequencies = read_term_frequencies(files.term_frequencies)
    _copy(connection, "match_term_frequencies", _TERM_COLUMNS, version, frequencies)


def _copy(
    connection: psycopg.Connection,
    table: str,
    columns: Sequence[str],
    version: str,
    rows: Iterable[tuple[object, ...]],
) -> None:
    statement = sql.SQL("copy {} (model_version, {}) from stdin").format(
        sql.Identifier("identity", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row((version, *row))


def _write(file: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    unfinished = file.with_name(f".{file.name}.unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    unfinished.replace(file)


def _read(file: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if not set(columns) <= set(rows.fieldnames or ()):
                raise _unreadable(file, f"the columns {', '.join(rows.fieldnames or ('of an empty file',))}", columns)
            yield from rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(file, str(error), columns) from error


def _number(file: Path, row: dict[str, str], column: str) -> float:
    try:
        number = float(row[column])
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _unreadable(file, f"{column} {row[column]!r} in the row {', '.join(map(str, row.values()))}", (column,))
    return number


def _probability(file: Path, row: dict[str, str], column: str) -> float:
    number = _number(file, row, column)
    if not 0 < number <= 1:
        raise _unreadable(file, f"{column} {number} in the row {', '.join(map(str, row.values()))}", (column,))
    return number


def _unreadable(file: Path, found: str, columns: Sequence[str]) -> MatchModelUnreadable:
    return MatchModelUnreadable(
        str(file),
        found=found,
        expected=f"a UTF-8 CSV file with {', '.join(columns)}; probabilities and shares above 0, up to 1",
        do="take the file back as training wrote it, or train another version; nothing was changed",
    )
