"""What five survey tools write into their exports: header rows, ids, moments, and how they mark a whole answer.

Sources: the tools' help pages on exports. Google Forms and LimeSurvey write one header row, SurveyMonkey two (question
and option), Qualtrics three (name, question, `{"ImportId": …}`), Typeform one with the questions' texts and times in
UTC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.dealer_files import SurveyTool
from ingestion.readers.reading import Cells, Reading, Row, normalised_name

# By which names of the header a tool is known; where two of them stand in one row, it wrote the file.
_MARKS: dict[SurveyTool, frozenset[str]] = {
    # Before Qualtrics, whose moments it calls alike where its names have no blanks.
    "surveymonkey": frozenset(
        ("respondent id", "collector id", "id респондента", "id коллектора", "respondentid", "collectorid")
    ),
    "qualtrics": frozenset(
        (
            "startdate",
            "enddate",
            "recordeddate",
            "responseid",
            "finished",
            "duration (in seconds)",
            "distributionchannel",
        )
    ),
    "limesurvey": frozenset(
        ("submitdate", "lastpage", "startlanguage")
        + ("date submitted", "last page", "start language")
        + ("datum abgeschickt", "letzte seite", "start-sprache")
        + ("дата отправки", "последняя страница", "язык начала", "начальный язык")
    ),
    "typeform": frozenset(("#", "network id", "start date (utc)", "submit date (utc)", "stage date (utc)")),
}
_TIMESTAMPS = frozenset(
    ("timestamp", "отметка времени", "временная метка", "позначка часу", "zeitstempel", "horodateur", "marca temporal")
    + ("sygnatura czasowa", "zaman damgası", "уақыт белгісі", "časová značka", "informazioni cronologiche")
    + ("carimbo de data/hora", "tijdstempel")
)
"""What Google Forms calls its first column, in the language of the form's owner."""

# Our column: the names under which a tool has it, the first that is there.
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "limesurvey": {
        "source_id": ("id", "response id", "id ответа", "номер ответа", "antwort id"),
        "submitted_at": ("submitdate", "date submitted", "дата отправки", "datum abgeschickt"),
        "token": ("token", "ключ", "код доступа"),
    },
    "qualtrics": {
        "source_id": ("responseid", "response id"),
        "submitted_at": ("recordeddate", "recorded date", "enddate", "end date"),
        "is_complete": ("finished",),
        "email": ("recipientemail", "recipient email"),
    },
    "surveymonkey": {
        "source_id": ("respondent id", "id респондента", "respondentid"),
        "submitted_at": (
            *("date modified", "datemodified", "дата изменения", "end date", "enddate", "дата окончания"),
            *("date created", "datecreated", "дата создания", "start date", "startdate", "дата начала"),
        ),
        "email": ("email address", "адрес электронной почты"),
    },
    "typeform": {"source_id": ("#",), "submitted_at": ("submit date (utc)",), "token": ("token",)},
    "google_forms": {
        "submitted_at": tuple(_TIMESTAMPS),
        "email": ("email address", "адрес электронной почты", "username", "имя пользователя"),
    },
}
_PLAIN_OPTIONS = frozenset(("response", "open-ended response", "ответ", "свободный ответ", "открытый ответ"))
"""SurveyMonkey's second row where a question has no options of its own."""

_TOLD_OF_ANSWERS = frozenset(("finished", "progress", "responseid", "duration (in seconds)"))
_TOLD = re.compile(r"true|false|\d+|r_\w+", re.IGNORECASE)
"""What Qualtrics writes into these columns: whether it was finished, percent, an id, seconds."""

IS_COMPLETE = "is_complete"
SOURCE_ID = "source_id"

PREVIEWS = "answers of the survey's own author (previews and tests), left out"
_OF_THE_AUTHOR = frozenset(
    ("survey preview", "survey test", "survey preview spam", "offline survey preview", "1", "2", "9", "17")
)
"""What stands under Qualtrics' `Status`, in words or in its numbers, where nobody was asked."""

_UTC_NAME = re.compile(r"\(utc\)$")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d?:\d\d(:\d\d(\.\d+)?)?|\d\d?[./]\d\d?[./]\d{4} \d\d?:\d\d(:\d\d)?( [AP]M)?"
)
# 2024/03/05 10:15:00 AM GMT+3: PostgreSQL would take GMT+3 for three hours west of Greenwich.
_GOOGLE_MOMENT = re.compile(
    r"(\d{4})[/-](\d\d?)[/-](\d\d?) (\d\d?):(\d\d):(\d\d)\s*([^\d\sA-Z]+|[AP]M)?\s*"
    r"(?:(?:GMT|UTC)([+-]\d\d?)?(?::?(\d\d))?|Z)"
)
_AFTERNOON = frozenset(("pm", "p.m.", "пп", "nachm.", "п.п."))
_UNDATED = "1980-01-01"


@dataclass(frozen=True)
class SurveyExport:
    """A survey tool's export: how to name its columns, and what to make of its rows."""

    tool: SurveyTool
    header_rows: int
    known_by: str
    zones: Mapping[int, str] = field(default_factory=dict)  # column: time zone that the export names for it

    def names_of(self, rows: list[list[str]]) -> tuple[str, ...]:
        """The columns' names: the tool's own (Qualtrics), or the question with its option (SurveyMonkey)."""
        width = max((len(row) for row in rows), default=0)
        names: list[str] = []
        question = ""
        for position in range(width):
            cells = [row[position].strip() if position < len(row) else "" for row in rows]
            question = cells[0] or question
            options = cells[1:] if self.tool == "surveymonkey" else []
            told = [cell for cell in options if cell and cell.casefold() not in _PLAIN_OPTIONS]
            first = question if told or options and not cells[0] else cells[0]
            names.append(" / ".join(filter(None, (first, *told))) or f"column {position + 1}")
        while len(names) > 1 and names[-1] == f"column {len(names)}":
            names.pop()
        return tuple(names)

    def columns(self, header: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Columns that are added to every row, and which header fills which of our columns."""
        places = {normalised_name(name): name for name in reversed(header)}
        found = {
            ours: places[name] for ours, names in _COLUMNS[self.tool].items() for name in names[::-1] if name in places
        }
        if self.tool == "google_forms":
            found["submitted_at"] = header[0]
        added = [ours for ours in self._made() if ours not in found and ours not in places]
        return tuple(added), found | {ours: ours for ours in added}

    def _made(self) -> tuple[str, ...]:
        if self.tool == "google_forms":
            return (SOURCE_ID, IS_COMPLETE)
        return () if self.tool == "surveymonkey" else (IS_COMPLETE,)

    def rows(
        self, rows: Iterator[Row], header: tuple[str, ...], added: Sequence[str], reading: Reading
    ) -> Iterator[Row]:
        """The rows with the tool's moments made unmistakable, and the added columns behind the others."""
        names = [normalised_name(name) for name in header]
        zones = {position: zone for position, zone in self.zones.items() if position < len(header)}
        zones |= {position: "UTC" for position, name in enumerate(names) if _UTC_NAME.search(name)}
        for row in rows:
            cells = list(row.cells)
            for position, zone in zones.items():
                cells[position] = _in_zone(cells[position], zone, reading)
            if self.tool == "google_forms":
                cells[0] = _google_moment(cells[0], reading)
            by_name = dict(zip(reversed(names), reversed(cells), strict=True))
            if self.tool == "qualtrics" and normalised_name(by_name.get("status") or "") in _OF_THE_AUTHOR:
                reading.repairs[PREVIEWS] += 1
                continue
            if self.tool == "limesurvey" and (_submitted(by_name) or "").startswith(_UNDATED):
                reading.repairs["answers sent that LimeSurvey dates 1980-01-01: the survey keeps no dates"] += 1
            made: Cells = [self._is_complete(by_name) if ours == IS_COMPLETE else _made_id(cells) for ours in added]
            yield Row(row.number, cells + made, row.shape_fault)

    def _is_complete(self, cells: Mapping[str, str | None]) -> str:
        if self.tool == "google_forms":
            return "true"  # it records nothing before the form is sent
        if self.tool == "qualtrics":
            progress = cells.get("progress")
            return str((progress or "").strip() == "100").lower()
        if self.tool == "typeform" and (kind := cells.get("response type")):
            return str(kind.strip().casefold() == "completed").lower()
        return str(bool(_submitted(cells))).lower()


def find_survey_export(rows: Sequence[Sequence[str]], wanted: SurveyTool) -> SurveyExport | None:
    """The survey export whose header begins with the first of these rows; None when it is none, or not the wanted."""
    if wanted == "none" or not rows:
        return None
    names = {normalised_name(cell) for cell in rows[0]}
    for tool, marks in _MARKS.items():
        if wanted in ("detect", tool) and len(names & marks) >= 2:
            return _export(tool, rows, "the column names" if wanted == "detect" else "the YAML")
    first = normalised_name(rows[0][0]) if rows[0] else ""
    is_google = wanted == "google_forms" or (wanted == "detect" and first in _TIMESTAMPS)
    if is_google and first and len(names) > 1:
        return SurveyExport("google_forms", 1, "the column names" if wanted == "detect" else "the YAML")
    return None


def _export(tool: SurveyTool, rows: Sequence[Sequence[str]], known_by: str) -> SurveyExport:
    if tool == "surveymonkey":
        second = rows[1] if len(rows) > 1 else []
        has_options = not (second[0].strip() if second else "") and any(cell.strip() for cell in second)
        return SurveyExport(tool, 2 if has_options else 1, known_by)
    if tool == "qualtrics":
        for depth, row in enumerate(rows[1:3], start=2):
            if zones := _import_ids(row):
                return SurveyExport(tool, depth, known_by, {at: zone for at, zone in zones.items() if zone})
        if len(rows) > 1 and any(rows[1]) and not _is_answer(rows[0], rows[1]):
            return SurveyExport(tool, 2, known_by)  # somebody took the row of ids out
    return SurveyExport(tool, 1, known_by)


def _is_answer(header: Sequence[str], row: Sequence[str]) -> bool:
    """Whether a row of Qualtrics says how far somebody came, rather than what a column is called."""
    told = [cell for name, cell in zip(header, row, strict=False) if normalised_name(name) in _TOLD_OF_ANSWERS]
    return any(_TOLD.fullmatch(cell.strip()) for cell in told) or bool(re.search(r"\d[./-]\d", " ".join(row)))


def _import_ids(row: Sequence[str]) -> dict[int, str]:
    """Positions of Qualtrics' `{"ImportId": …}` cells, each with the time zone that it names, or empty."""
    zones: dict[int, str] = {}
    for position, cell in enumerate(row):
        if "importid" in cell[:40].casefold():
            try:
                content = json.loads(cell)
            except (ValueError, RecursionError):
                content = None
            zone = content.get("timeZone") if isinstance(content, dict) else None
            zones[position] = str(zone) if zone else ""
    return zones


def _submitted(cells: Mapping[str, str | None]) -> str | None:
    names = (*_COLUMNS["limesurvey"]["submitted_at"], *_COLUMNS["typeform"]["submitted_at"])
    return next((cell for name in names if (cell := (cells.get(name) or "").strip())), None)


def _made_id(cells: Cells) -> str:
    content = "\x1f".join(cell or "" for cell in cells)
    return f"form-{sha256(content.encode('utf-8', 'replace')).hexdigest()[:20]}"


def _in_zone(cell: str | None, zone: str, reading: Reading) -> str | None:
    """The moment with its offset behind it, where it is one without."""
    text = (cell or "").strip()
    if not _MOMENT.fullmatch(text):
        return cell
    if zone.upper() in ("UTC", "Z", "GMT"):
        reading.repairs["moments in UTC given their offset"] += 1
        return f"{text}+00:00"
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return cell
    reading.repairs[f"moments in {zone} given their offset"] += 1
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _google_moment(cell: str | None, reading: Reading) -> str | None:
    match = _GOOGLE_MOMENT.fullmatch((cell or "").strip().replace("\u202f", " ").replace("\u00a0", " "))
    if match is None:
        return cell
    year, month, day, hour, minute, second, half, offset, minutes = match.groups()
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.casefold().replace(" ", "") in _AFTERNOON else 0)
    offset = f"{int(offset or 0):+03d}:{minutes or '00'}"
    reading.repairs["Google's moments (AM, GMT+3) written in ISO 8601"] += 1
    return f"{year}-{int(month):02d}-{int(day):02d}T{hours:02d}:{minute}:{second}{offset}"
