"""A workspace's YAML files (group.yml and dealers/*.yml) as frozen dataclasses, and every mistake in them at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ingestion.contracts import Contract, load_contracts
from ingestion.dealer_entries import (
    GROUP_CODE,
    GROUP_SCHEMA_FILE,
    FormatType,
    as_text,
    format_type,
    inline_dealers,
    names_listed,
    without_password,
)
from ingestion.dealer_mistakes import (
    mistakes_against_schema,
    mistakes_of_dealer_file,
    mistakes_of_time_zone,
)
from ingestion.errors import InvalidSettings
from ingestion.located_yaml import LocatedDocument, read_located
from ingestion.path_patterns import PathPattern
from ingestion.stores import is_known_store, missing_package
from warehouse.settings import Workspace

SurveyTool = Literal["google_forms", "limesurvey", "surveymonkey", "qualtrics", "typeform", "detect", "none"]
DateOrder = Literal["dmy", "mdy", "ymd"]

_SUBJECTS = ("lifecycle", "retention", "leads", "freshness", "loading", "identity")
"""Of the thresholds in group.yml."""


@dataclass(frozen=True)
class AlertChannels:
    """Who is told of what somebody must look at, beside the log."""

    email_to: tuple[str, ...] = ()
    email_from: str | None = None
    smtp: str | None = None
    webhook: str | None = None


@dataclass(frozen=True)
class Group:
    """The dealer group: its business time zone, its money, and the thresholds its people set (dotted names)."""

    name: str
    time_zone: str
    currency: str = "RUB"
    default_phone_region: str = "RU"
    build_by: str = "05:30"
    identity_version: str = "default"
    thresholds: tuple[tuple[str, str], ...] = ()
    alerts: AlertChannels = AlertChannels()


@dataclass(frozen=True)
class Dealer:
    """One dealer centre."""

    dealer_code: str
    name: str
    time_zone: str
    phone_region: str
    legal_entity: str | None = None
    same_group: bool = True
    brands: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    own_phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class TotalRow:
    """The row below a table that holds its totals: the dealer's `column` equals `equals` there."""

    column: str
    equals: str
    sums: tuple[tuple[str, str], ...] = ()  # our column, the dealer's column that holds its sum


@dataclass(frozen=True)
class FileFormat:
    """How the bytes of a feed's files are to be read; None: detected, and the choice recorded."""

    type: FormatType
    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[",", "."] | None = None
    header_row: int | None = None
    header_rows: int | None = None  # None: as many as the survey tool writes, else one
    sheet: str | int | None = None
    member: str | None = None  # pattern of the file within a zip
    rows_at: str | None = None  # JSON: dotted name of the list; XML: name of the element that is a row
    survey: SurveyTool = "none"
    total_row: TotalRow | None = None
    date_names: tuple[str, ...] = ()  # the dealer's columns that are dates or moments for us
    amount_names: tuple[str, ...] = ()  # the dealer's columns that are amounts of money for us
    is_of_database: bool = False  # CSV that we wrote ourselves: nothing to guess, and nobody opened it in Excel

    @property
    def names_columns_as_we_do(self) -> bool:
        """Whether the reader gives our columns by our names, so that a YAML need not map them."""
        return self.type in ("adf", "eml")


@dataclass(frozen=True)
class Origin:
    """Where a feed comes from that does not arrive under landing/: a store of files, a database or an address."""

    kind: Literal["store", "connection", "url"]
    connection: str | None = None  # the environment variable that holds the database's URL
    query: str | None = None
    table: str | None = None
    cursor: str | None = None  # the column by which only what came since the last load is asked for
    cursor_overlap: int | None = None  # how far before its last value: minutes, days or numbers; None: by its type
    headers: tuple[tuple[str, str], ...] = ()  # of a request; `${NAME}` stands for an environment variable


@dataclass(frozen=True)
class Feed:
    """One kind of file of one dealer (or of the group), as its YAML describes it."""

    dealer_code: str
    source: str
    entity: str
    path: str
    format: FileFormat
    delivery: Literal["full", "delta"]
    columns: tuple[tuple[str, tuple[str, ...]], ...]  # our column, the dealer's names for it: the first that exists
    values: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    constants: tuple[tuple[str, str], ...]
    ignore: tuple[str, ...]
    date_order: DateOrder | None
    date_format: str | None
    due: str | None
    yearly_numbers: bool  # the numbers of its records begin anew each year: the year is part of the record's key
    time_zone: str | None  # None: of the group's feeds without a zone of their own, that of the row's dealer
    file: str  # the YAML, as a path within the workspace
    line: int
    origin: Origin | None = None  # None: files under landing/

    @property
    def feed_id(self) -> str:
        """`d01/dms/sales/d01/sales_*.csv`."""
        return f"{self.dealer_code}/{self.source}/{self.entity}/{self.path}"

    @property
    def mark(self) -> str:
        """Eight characters that stand for the feed where its name would be too long: in names of batches and tables."""
        return sha256(self.feed_id.encode()).hexdigest()[:8]

    @property
    def contract(self) -> Contract:
        """What a feed of this source and entity must hold."""
        return load_contracts()[self.source, self.entity]

    @property
    def pattern(self) -> PathPattern:
        """Which files belong to the feed."""
        return PathPattern(without_password(self.path))

    @property
    def is_of_group(self) -> bool:
        """Whether the feed carries rows of many dealers."""
        return self.dealer_code == GROUP_CODE

    def definition(self) -> dict[str, Any]:
        """The feed as ops.feeds keeps it: everything that decides how its files are read."""
        content = asdict(self)
        for name in ("file", "line"):
            del content[name]
        del content["format"]["amount_names"]  # the columns and the contract say them
        if self.origin is None:
            del content["origin"]
        return content

    def definition_hash(self) -> str:
        """Changes when the YAML's feed or the contract changes: then a refused file is worth another look."""
        text = json.dumps([self.definition(), asdict(self.contract)], ensure_ascii=False, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Configuration:
    """All that a workspace's YAML files say. Files with mistakes are left out and told in `problems`."""

    group: Group
    dealers: tuple[Dealer, ...]
    feeds: tuple[Feed, ...]
    problems_by_dealer: tuple[tuple[str, tuple[str, ...]], ...]  # by dealer code, as far as it can be read

    @property
    def problems(self) -> tuple[str, ...]:
        """Every mistake, a line each."""
        return tuple(problem for _, problems in self.problems_by_dealer for problem in problems)

    @property
    def dealers_with_problems(self) -> tuple[str, ...]:
        """Codes of the dealers whose YAML was left out."""
        return tuple(code for code, _ in self.problems_by_dealer)

    def dealer(self, dealer_code: str) -> Dealer | None:
        """The dealer of that code, None when no YAML names it."""
        return next((dealer for dealer in self.dealers if dealer.dealer_code == dealer_code), None)

    def time_zone_of(self, feed: Feed) -> ZoneInfo:
        """The zone in which a feed's days begin and its due times are meant."""
        dealer = self.dealer(feed.dealer_code)
        return ZoneInfo(feed.time_zone or (dealer.time_zone if dealer else self.group.time_zone))


def read_configuration(workspace: Workspace) -> Configuration:
    """What group.yml and dealers/*.yml say; a dealer's file with a mistake is left out and told in `problems`.

    Raises:
        InvalidSettings: group.yml is missing or has a mistake; then nothing can be read.
    """
    group, problems = _read_group(workspace)
    if group is None:
        raise InvalidSettings(problems)
    files = sorted((*workspace.dealers_dir.glob("*.yml"), *workspace.dealers_dir.glob("*.yaml")))
    documents = [read_located(file) for file in files]
    dealers: list[Dealer] = []
    feeds: list[Feed] = []
    broken: list[tuple[str, tuple[str, ...]]] = []
    seen_codes: dict[str, Path] = {}
    seen_feeds: dict[str, str] = {}
    for document in documents:
        found = list(mistakes_of_dealer_file(document))
        if not found:
            file_dealers, file_feeds = _dealers_of(document, group), _feeds_of(document, workspace)
            found = list(_repetitions(document, file_dealers, file_feeds, seen_codes, seen_feeds))
        if found:
            broken.append((_code_of(document), tuple(_relative(problem, workspace) for problem in found)))
        else:
            dealers.extend(file_dealers)
            feeds.extend(file_feeds)
    return Configuration(
        group=group,
        dealers=tuple(dealers),
        feeds=tuple(sorted(feeds, key=lambda feed: feed.feed_id)),
        problems_by_dealer=tuple(broken),
    )


def validate(workspace: Workspace) -> Configuration:
    """The configuration, when nothing is wrong with any YAML of the workspace. No data is touched.

    Raises:
        InvalidSettings: with every mistake at once.
    """
    try:
        configuration = read_configuration(workspace)
    except InvalidSettings as error:
        documents = [read_located(file) for file in sorted(workspace.dealers_dir.glob("*.yml"))]
        further = [_relative(p, workspace) for document in documents for p in mistakes_of_dealer_file(document)]
        raise InvalidSettings((*error.problems, *further)) from None
    if problems := (*configuration.problems, *_stores_that_cannot_be_opened(configuration)):
        raise InvalidSettings(problems)
    return configuration


def _stores_that_cannot_be_opened(configuration: Configuration) -> Iterator[str]:
    """A sentence for each feed of a store that nothing opens here: no mistake of its YAML, the others are loaded."""
    for feed in configuration.feeds:
        if feed.origin is not None and feed.origin.kind == "store":
            place = f"{feed.file}:{feed.line}: `path: {without_password(feed.path)}`"
            if package := missing_package(feed.path):
                yield (
                    f"{place} is opened by the package `{package}`, which is not installed here; "
                    f"`pip install {package}` into the environment that runs dealer360"
                )
            elif not is_known_store(feed.path):
                yield f"{place} names no store that can be opened; ftp, sftp, s3 and others can"


def _relative(problem: str, workspace: Workspace) -> str:
    return problem.removeprefix(f"{workspace.root}/")


def _code_of(document: LocatedDocument) -> str:
    content = document.content
    code = content.get("dealer_code") if isinstance(content, dict) else None
    return str(code or document.file.stem)


def _read_group(workspace: Workspace) -> tuple[Group | None, list[str]]:
    if not workspace.group_file.is_file():
        return None, [
            f"{workspace.group_file}:1: there is no such file; `dealer360 init DIR` makes a workspace with one"
        ]
    document = read_located(workspace.group_file)
    problems = list(mistakes_against_schema(document, GROUP_SCHEMA_FILE))
    if not problems:
        problems.extend(mistakes_of_time_zone(document, ("time_zone",), document.content["time_zone"]))
    if problems:
        return None, [_relative(problem, workspace) for problem in problems]
    content = document.content
    given_thresholds = {
        f"{subject}.{name}": as_text(value)
        for section in (content.get("thresholds", {}), {subject: content.get(subject, {}) for subject in _SUBJECTS})
        for subject, entries in section.items()
        for name, value in entries.items()
    }
    thresholds = tuple(given_thresholds.items())
    given = {
        name: content[name]
        for name in ("currency", "default_phone_region", "build_by", "identity_version")
        if name in content
    }
    channels = content.get("alerts", {})
    alerts = AlertChannels(**{**channels, "email_to": tuple(channels.get("email_to", ()))})
    group = Group(name=content["name"], time_zone=content["time_zone"], thresholds=thresholds, alerts=alerts, **given)
    return group, []


def _repetitions(
    document: LocatedDocument,
    dealers: list[Dealer],
    feeds: list[Feed],
    seen_codes: dict[str, Path],
    seen_feeds: dict[str, str],
) -> Iterator[str]:
    for dealer in dealers:
        if dealer.dealer_code in seen_codes:
            first = seen_codes[dealer.dealer_code].name
            yield document.problem(
                ("dealer_code",), f"dealer_code `{dealer.dealer_code}` stands in {first} too", "a dealer has one YAML"
            )
        seen_codes.setdefault(dealer.dealer_code, document.file)
    for feed in feeds:
        if feed.feed_id in seen_feeds:
            wrong = f"a second feed {feed.source}.{feed.entity} of path `{feed.path}`"
            yield f"{document.file}:{feed.line}: {wrong}; each feed of a dealer has a path of its own"
        seen_feeds.setdefault(feed.feed_id, feed.file)


# --- what the files say


def _dealers_of(document: LocatedDocument, group: Group) -> list[Dealer]:
    content = document.content
    entries = [dealer for _, dealer in inline_dealers(content)]
    if content["dealer_code"] != GROUP_CODE:
        entries.append(content)
    return [
        Dealer(
            dealer_code=entry["dealer_code"],
            name=entry["name"],
            time_zone=entry["time_zone"],
            phone_region=entry.get("phone_region", group.default_phone_region),
            legal_entity=entry.get("legal_entity"),
            same_group=entry.get("same_group", True),
            brands=tuple(entry.get("brands", ())),
            city=entry.get("city"),
            region=entry.get("region"),
            own_phones=tuple(entry.get("own_phones", ())),
        )
        for entry in entries
    ]


def _feeds_of(document: LocatedDocument, workspace: Workspace) -> list[Feed]:
    content = document.content
    return [
        Feed(
            dealer_code=content["dealer_code"],
            source=entry["source"],
            entity=entry["entity"],
            path=_place_of(entry),
            format=_format_of(entry),
            delivery=entry["delivery"],
            columns=tuple((name, tuple(names_listed(names))) for name, names in entry.get("columns", {}).items()),
            values=tuple(
                (name, tuple((cell, as_text(word)) for cell, word in words.items()))
                for name, words in entry.get("values", {}).items()
            ),
            constants=tuple((name, as_text(value)) for name, value in entry.get("constants", {}).items()),
            ignore=tuple(entry.get("ignore", ())),
            date_order=entry.get("dates", {}).get("order"),
            date_format=entry.get("dates", {}).get("format"),
            due=entry.get("due"),
            yearly_numbers=entry.get(
                "yearly_numbers", load_contracts()[entry["source"], entry["entity"]].has_yearly_numbers
            ),
            time_zone=content.get("time_zone"),
            file=document.file.relative_to(workspace.root).as_posix(),
            line=document.line_of(("feeds", position)),
            origin=_origin_of(entry),
        )
        for position, entry in enumerate(content["feeds"])
    ]


def _place_of(entry: dict[str, Any]) -> str:
    """The feed's path; of one that has none, what stands for it: the URL, or the database's table."""
    if "connection" in entry:
        return f"{entry['connection']}/{entry.get('table', 'query')}"
    place: str = entry["path"] if "path" in entry else entry["url"]
    return place


def _origin_of(entry: dict[str, Any]) -> Origin | None:
    if "connection" in entry:
        asked: dict[str, Any] = {key: entry.get(key) for key in ("query", "table", "cursor", "cursor_overlap")}
        return Origin("connection", entry["connection"], **asked)
    if "url" in entry:
        return Origin("url", headers=tuple(entry.get("headers", {}).items()))
    return Origin("store") if "://" in entry["path"] else None


def _names_of(entry: dict[str, Any], ours: Set[str]) -> tuple[str, ...]:
    """The dealer's names of some of our columns."""
    return tuple(
        dealers for name, names in entry.get("columns", {}).items() if name in ours for dealers in names_listed(names)
    )


def _format_of(entry: dict[str, Any]) -> FileFormat:
    form = dict(entry.get("format", {}))
    total_row = form.pop("total_row", None)
    form["type"] = format_type(entry)
    if "connection" in entry:
        form |= {"encoding": "utf-8", "delimiter": ",", "header_row": 1, "survey": "none", "is_of_database": True}
    form.setdefault("survey", "detect" if entry["source"] == "surveys" else "none")
    contract = load_contracts()[entry["source"], entry["entity"]]
    has_own_writing = "format" in entry.get("dates", {})  # then a cell is a date only if it is written so
    dates = {c.name for c in contract.columns if c.type in ("date", "moment") and not has_own_writing}
    form["date_names"] = _names_of(entry, dates)
    form["amount_names"] = _names_of(entry, {c.name for c in contract.columns if c.type == "amount"})
    if total_row is not None:
        form["total_row"] = TotalRow(total_row["column"], total_row["equals"], tuple(total_row.get("sums", {}).items()))
    return FileFormat(**form)
