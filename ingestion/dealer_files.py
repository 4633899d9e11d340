"""A workspace's YAML files (group.yml and dealers/*.yml) as frozen dataclasses, and every mistake in them at once."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo, available_timezones

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ingestion.contracts import Contract, load_contracts
from ingestion.date_formats import mistake_in
from ingestion.errors import InvalidSettings
from ingestion.located_yaml import LocatedDocument, Location, read_located
from ingestion.path_patterns import PathPattern
from ingestion.stores import is_known_store, missing_package
from warehouse.settings import Workspace

GROUP_CODE = "_group"
"""Stands for the dealer where a feed carries many, and where a row belongs to no dealer but to the group."""

DEALER_SCHEMA_FILE = Path(__file__).parent / "dealer.schema.json"
GROUP_SCHEMA_FILE = Path(__file__).parent / "group.schema.json"

FormatType = Literal["csv", "excel", "jsonl", "json", "xml", "parquet", "adf", "eml"]
SurveyTool = Literal["google_forms", "limesurvey", "surveymonkey", "qualtrics", "typeform", "detect", "none"]
DateOrder = Literal["dmy", "mdy", "ymd"]

_SUBJECTS = ("lifecycle", "retention", "leads", "freshness", "loading", "identity")
"""Of the thresholds in group.yml."""

_TYPE_BY_ENDING: dict[str, FormatType] = {
    "csv": "csv",
    "txt": "csv",
    "tsv": "csv",
    "tab": "csv",
    "xlsx": "excel",
    "xlsm": "excel",
    "xls": "excel",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "xml": "xml",
    "parquet": "parquet",
    "adf": "adf",
    "eml": "eml",
}
_PACKED = (".gz", ".zip")
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/@]*:[^/@]*@")
_PLAIN_PASSWORD = re.compile(r"://[^/@]*:(?!\$\{\w+\}@)[^/@]*@")
_LEADS = ("web", "leads")
"""The feed whose .xml files are ADF where its YAML names no format, and whose e-mails carry ADF."""

_SURVEY_COLUMNS = frozenset(("source_id", "submitted_at", "is_complete"))
"""What a known survey tool's export always has: a YAML that names the tool need not map them."""


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
        found = list(_mistakes_of_dealer_file(document))
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
        further = [_relative(p, workspace) for document in documents for p in _mistakes_of_dealer_file(document)]
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


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """What is allowed instead of `word`: the nearest name, or all of them when none is near."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"allowed: {', '.join(known)}"


@cache
def _validator(schema_file: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_file.read_text(encoding="utf-8")))


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
    problems = list(_mistakes_against_schema(document, GROUP_SCHEMA_FILE))
    if not problems:
        problems.extend(_mistakes_of_time_zone(document, ("time_zone",), document.content["time_zone"]))
    if problems:
        return None, [_relative(problem, workspace) for problem in problems]
    content = document.content
    given_thresholds = {
        f"{subject}.{name}": _text(value)
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


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- mistakes


def _mistakes_of_dealer_file(document: LocatedDocument) -> Iterator[str]:
    against_schema = list(_mistakes_against_schema(document, DEALER_SCHEMA_FILE))
    yield from against_schema
    content = document.content
    if not isinstance(content, dict):
        return
    if isinstance(content.get("time_zone"), str):
        yield from _mistakes_of_time_zone(document, ("time_zone",), content["time_zone"])
    for location, dealer in _inline_dealers(content):
        if content.get("dealer_code") != GROUP_CODE:
            wrong = "`dealers` may not stand here"
            yield document.problem(location, wrong, f"it belongs to a YAML of `dealer_code: {GROUP_CODE}`")
        if isinstance(dealer, dict) and isinstance(dealer.get("time_zone"), str):
            yield from _mistakes_of_time_zone(document, (*location, "time_zone"), dealer["time_zone"])
    feeds = content.get("feeds")
    for position, feed in enumerate(feeds if isinstance(feeds, list) else []):
        if isinstance(feed, dict):
            yield from _FeedMistakes(
                document, ("feeds", position), feed, content.get("dealer_code") == GROUP_CODE
            ).all()


def _mistakes_of_time_zone(document: LocatedDocument, at: Location, zone: str) -> Iterator[str]:
    if zone not in available_timezones():
        near = get_close_matches(zone, available_timezones(), n=1, cutoff=0.6)
        allowed = f"did you mean `{near[0]}`?" if near else "an IANA name such as Europe/Moscow"
        yield document.problem(at, f"`{zone}` is no time zone", allowed)


def _mistakes_against_schema(document: LocatedDocument, schema_file: Path) -> Iterator[str]:
    yield from document.problems
    if document.content is None:
        return
    errors = sorted(_validator(schema_file).iter_errors(document.content), key=lambda error: str(error.absolute_path))
    # A validator tells each missing key by itself; the sentence names them all: once is enough.
    yield from dict.fromkeys(sentence for error in errors for sentence in _sentences_of(document, error))


def _sentences_of(document: LocatedDocument, error: ValidationError) -> Iterator[str]:
    at: Location = tuple(error.absolute_path)
    rule: Any = error.validator_value
    schema: Any = error.schema
    found: Any = error.instance
    name = f"`{at[-1]}`" if at else "the file"
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        for key in found:
            if key not in known:
                yield document.problem((*at, key), f"unknown key `{key}`", did_you_mean(key, known))
    elif error.validator == "required":
        missing = [key for key in rule if key not in found]
        yield document.problem(at, f"{_of(at)} has no `{'`, `'.join(missing)}`", "it must be given")
    elif error.validator == "enum":
        known = [str(value) for value in rule]
        yield document.problem(at, f"{name} is `{found}`", did_you_mean(str(found), known))
    elif error.validator == "pattern":
        described = schema.get("description", "")
        yield document.problem(at, f"{name} is `{found}`", f"allowed: {rule} {described}".strip())
    elif error.validator == "type":
        allowed = rule
        kinds = allowed if isinstance(allowed, str) else " or ".join(allowed)
        yield document.problem(at, f"{name} is `{found}`", f"allowed: a value of type {kinds}")
    elif error.validator in ("minimum", "maximum"):
        bound = "least" if error.validator == "minimum" else "most"
        yield document.problem(at, f"{name} is `{found}`", f"allowed: a number of at {bound} {rule}")
    else:
        yield document.problem(at, f"{name}: {error.message}", f"see {DEALER_SCHEMA_FILE.name}")


def _of(at: Location) -> str:
    if not at:
        return "the file"
    return f"{at[0]} {int(at[1]) + 1}" if len(at) == 2 and isinstance(at[1], int) else f"`{at[-1]}`"


@dataclass(frozen=True)
class _FeedMistakes:
    """What the schema cannot know of one feed: names of the contract, patterns, encodings."""

    document: LocatedDocument
    at: Location
    feed: dict[str, Any]
    is_of_group: bool

    def all(self) -> Iterator[str]:
        yield from self._of_path_and_format()
        source, entity = self.feed.get("source"), self.feed.get("entity")
        if not isinstance(source, str) or not isinstance(entity, str):
            return
        contract = load_contracts().get((source, entity))
        if contract is None:
            known = [f"{known_source}.{known_entity}" for known_source, known_entity in load_contracts()]
            yield self._problem(
                ("source",), f"no contract for `{source}.{entity}`", did_you_mean(f"{source}.{entity}", known)
            )
            return
        yield from self._of_names(contract)
        yield from self._of_numbers(contract)
        yield from self._of_required(contract)
        yield from self._of_values(contract)
        yield from self._of_total_row(contract)

    def _problem(self, below: Location, wrong: str, allowed: str) -> str:
        return self.document.problem((*self.at, *below), wrong, allowed)

    def _section(self, name: str) -> dict[str, Any]:
        content = self.feed.get(name)
        return content if isinstance(content, dict) else {}

    def _of_path_and_format(self) -> Iterator[str]:
        path = self.feed.get("path")
        if isinstance(path, str) and _PLAIN_PASSWORD.search(path):
            wrong, allowed = "a password in a YAML", "write `${NAME}` instead: the environment variable that holds it"
            yield self._problem(("path",), wrong, allowed)
        path = without_password(path) if isinstance(path, str) else path
        form = self._section("format")
        yield from self._of_origin()
        if isinstance(path, str) and (mistake := PathPattern(path).mistake()):
            yield self._problem(("path",), f"`{path}`", mistake)
        for key in ("path", "url"):
            place = self.feed.get(key)
            if isinstance(place, str) and "type" not in form and type_of_path(place.partition("?")[0]) is None:
                yield self._problem(
                    (key,),
                    f"the ending of `{place}` tells no format",
                    f"give `format: {{type: {' | '.join(get_args(FormatType))}}}`",
                )
        date_format = self._section("dates").get("format")
        if isinstance(date_format, str) and (found := mistake_in(date_format)):
            yield self._problem(("dates", "format"), *found)
        encoding = form.get("encoding")
        if isinstance(encoding, str):
            try:
                codecs.lookup(encoding)
            except LookupError:
                yield self._problem(
                    ("format", "encoding"), f"`{encoding}` is no encoding", "allowed: utf-8, cp1251, utf-16 …"
                )

    def _of_origin(self) -> Iterator[str]:
        given = [key for key in ("path", "connection", "url") if key in self.feed]
        if not given and not {"source", "entity"} & set(self.feed):
            return  # an entry of nothing at all is told already
        if len(given) != 1:
            wrong = (
                f"a feed with {' and '.join(f'`{key}`' for key in given)}"
                if given
                else "a feed that comes from nowhere"
            )
            yield self._problem((), wrong, "it has one of `path`, `connection`, `url`")
        yield from self._of_database(is_asked="connection" in given)
        if "headers" in self.feed and "url" not in given:
            yield self._problem(("headers",), "`headers` without `url`", "they belong to a request")
        if "cursor" in self.feed and self.feed.get("delivery") == "full":
            wrong = "what came since the last load is not the whole"
            yield self._problem(("cursor",), wrong, "set `delivery: delta`, or remove `cursor`")

    def _of_database(self, *, is_asked: bool) -> Iterator[str]:
        asked = [key for key in ("query", "table") if key in self.feed]
        if is_asked and len(asked) != 1:
            yield self._problem(
                ("connection",), "what the database is asked", "give `query` or `table`, one of the two"
            )
        for key in ("query", "table", "cursor"):
            if key in self.feed and not is_asked:
                yield self._problem((key,), f"`{key}` without `connection`", "it belongs to a feed from a database")
        for key in self._section("format"):
            if is_asked and key != "decimal":
                wrong = f"`{key}`: a database's answer has a format of its own"
                yield self._problem(
                    ("format", key), wrong, "only `decimal` can be said, of amounts that are text there"
                )
        if "cursor_overlap" in self.feed and "cursor" not in self.feed:
            yield self._problem(("cursor_overlap",), "`cursor_overlap` without `cursor`", "it says how far before that")

    def _of_names(self, contract: Contract) -> Iterator[str]:
        known = list(dict.fromkeys(("dealer_code", *contract.column_names)))
        for section in ("columns", "values", "constants"):
            for name in self._section(section):
                if name not in known:
                    wrong = f"{contract.source}.{contract.entity} has no column `{name}`"
                    yield self._problem((section, name), wrong, did_you_mean(name, known))
        ignored = self.feed.get("ignore")
        mapped = {dealers for names in self._section("columns").values() for dealers in _names(names)}
        for position, name in enumerate(ignored if isinstance(ignored, list) else []):
            if name in mapped:
                yield self._problem(("ignore", position), f"`{name}` is mapped and ignored", "it can be one of the two")

    def _of_numbers(self, contract: Contract) -> Iterator[str]:
        if "yearly_numbers" in self.feed and not contract.year_of:
            wrong = f"{contract.source}.{contract.entity} has no numbers that could begin anew each year"
            yield self._problem(("yearly_numbers",), wrong, "remove the line")

    def _of_required(self, contract: Contract) -> Iterator[str]:
        is_adf = _format_type(self.feed) in ("adf", "eml")
        if is_adf and "columns" not in self.feed and not self.is_of_group:
            return
        given = {*self._section("columns"), *self._section("constants")}
        if is_adf:
            given |= {"source_id", "created_at"}
        # A survey tool fills some by itself; one that is not named is known by its column names when a file comes.
        is_detected = contract.source == "surveys" and _format_type(self.feed) in ("csv", "excel")
        if self._section("format").get("survey", "detect" if is_detected else "none") != "none":
            given |= _SURVEY_COLUMNS
        for column in contract.columns:
            may_be_filled = column.name == "dealer_code" and not self.is_of_group
            if column.is_required and column.name not in given and not may_be_filled:
                yield self._problem(
                    ("columns",),
                    f"the required column `{column.name}` is not mapped",
                    f"add `{column.name}: <the dealer's column>`",
                )
        for names in contract.require_one_of:
            if not given & set(names):
                yield self._problem(("columns",), f"none of {', '.join(names)} is mapped", "one of them must be")
        if self.is_of_group and contract.carries_person and "dealer_code" not in given:
            yield self._problem(
                ("columns",), "a feed of many dealers maps no `dealer_code`", "add `dealer_code: <the dealer's column>`"
            )

    def _of_values(self, contract: Contract) -> Iterator[str]:
        for name, words in self._section("values").items():
            if name not in contract.column_names or not isinstance(words, dict):
                continue
            column = contract.column(name)
            known = [word for word, _ in column.words]
            for cell, word in words.items():
                if column.type == "word" and _text(word) not in known:
                    yield self._problem(
                        ("values", name, cell), f"`{name}` knows no `{word}`", did_you_mean(_text(word), known)
                    )
        for name, constant in self._section("constants").items():
            if name in contract.column_names and contract.column(name).type == "word":
                known = [word for word, _ in contract.column(name).words]
                if _text(constant) not in known:
                    yield self._problem(
                        ("constants", name), f"`{name}` knows no `{constant}`", did_you_mean(_text(constant), known)
                    )

    def _of_total_row(self, contract: Contract) -> Iterator[str]:
        total_row = self._section("format").get("total_row")
        sums = total_row.get("sums") if isinstance(total_row, dict) else None
        for name in sums if isinstance(sums, dict) else ():
            at = ("format", "total_row", "sums", name)
            countable = [c.name for c in contract.columns if c.type in ("amount", "decimal", "integer")]
            if name not in countable:
                yield self._problem(at, f"`{name}` cannot be summed", did_you_mean(name, countable))
            elif name not in self._section("columns"):
                yield self._problem(at, f"`{name}` is not mapped", "a sum is checked against a column of `columns:`")


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


def _inline_dealers(content: dict[str, Any]) -> Iterator[tuple[Location, Any]]:
    lists: list[tuple[Location, Any]] = [(("dealers",), content.get("dealers"))]
    feeds = content.get("feeds")
    for position, feed in enumerate(feeds if isinstance(feeds, list) else []):
        if isinstance(feed, dict):
            lists.append((("feeds", position, "dealers"), feed.get("dealers")))
    for location, dealers in lists:
        for position, dealer in enumerate(dealers if isinstance(dealers, list) else []):
            yield (*location, position), dealer


def _dealers_of(document: LocatedDocument, group: Group) -> list[Dealer]:
    content = document.content
    entries = [dealer for _, dealer in _inline_dealers(content)]
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
            columns=tuple((name, tuple(_names(names))) for name, names in entry.get("columns", {}).items()),
            values=tuple(
                (name, tuple((cell, _text(word)) for cell, word in words.items()))
                for name, words in entry.get("values", {}).items()
            ),
            constants=tuple((name, _text(value)) for name, value in entry.get("constants", {}).items()),
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


def without_password(url: str) -> str:
    """The URL of a store without the user and the password in it."""
    return _USER_AND_PASSWORD.sub("", url)


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


def _format_of(entry: dict[str, Any]) -> FileFormat:
    form = dict(entry.get("format", {}))
    total_row = form.pop("total_row", None)
    form["type"] = _format_type(entry)
    if "connection" in entry:
        form |= {"encoding": "utf-8", "delimiter": ",", "header_row": 1, "survey": "none", "is_of_database": True}
    form.setdefault("survey", "detect" if entry["source"] == "surveys" else "none")
    contract = load_contracts()[entry["source"], entry["entity"]]
    has_own_writing = "format" in entry.get("dates", {})  # then a cell is a date only if it is written so
    dates = {c.name for c in contract.columns if c.type in ("date", "moment") and not has_own_writing}
    form["date_names"] = tuple(
        dealers for ours, names in entry.get("columns", {}).items() if ours in dates for dealers in _names(names)
    )
    if total_row is not None:
        form["total_row"] = TotalRow(total_row["column"], total_row["equals"], tuple(total_row.get("sums", {}).items()))
    return FileFormat(**form)


def _format_type(entry: dict[str, Any]) -> FormatType | None:
    form = entry.get("format")
    given = form.get("type") if isinstance(form, dict) else None
    if given:
        return cast("FormatType", given)
    if "connection" in entry:
        return "csv"  # as which its answer is kept
    of_path = type_of_path(str(entry.get("path", entry.get("url", ""))).partition("?")[0])
    return "adf" if of_path == "xml" and (entry.get("source"), entry.get("entity")) == _LEADS else of_path


def type_of_path(path: str) -> FormatType | None:
    """The format that the ending of a path tells, None where it tells none; `.xml` of leads is ADF, which it cannot."""
    name = path.lower().rstrip("*")
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return _TYPE_BY_ENDING.get(name.rsplit(".", 1)[-1])


def _names(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names
