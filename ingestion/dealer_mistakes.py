"""Every mistake in a dealer's YAML, each as a sentence with file, line, what is wrong and what is allowed."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ingestion.contracts import Contract, load_contracts
from ingestion.date_formats import mistake_in
from ingestion.dealer_entries import (
    DEALER_SCHEMA_FILE,
    GROUP_CODE,
    FormatType,
    as_text,
    format_type,
    inline_dealers,
    names_listed,
    type_of_path,
    without_password,
)
from ingestion.located_yaml import LocatedDocument, Location
from ingestion.path_patterns import PathPattern

_PLAIN_PASSWORD = re.compile(r"://[^/@]*:(?!\$\{\w+\}@)[^/@]*@")
_SURVEY_COLUMNS = frozenset(("source_id", "submitted_at", "is_complete"))
"""What a known survey tool's export always has: a YAML that names the tool need not map them."""


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """What is allowed instead of `word`: the nearest name, or all of them when none is near."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"allowed: {', '.join(known)}"


@cache
def _validator(schema_file: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_file.read_text(encoding="utf-8")))


def mistakes_of_dealer_file(document: LocatedDocument) -> Iterator[str]:
    """What is wrong with one file of dealers/, looked at alone."""
    against_schema = list(mistakes_against_schema(document, DEALER_SCHEMA_FILE))
    yield from against_schema
    content = document.content
    if not isinstance(content, dict):
        return
    if isinstance(content.get("time_zone"), str):
        yield from mistakes_of_time_zone(document, ("time_zone",), content["time_zone"])
    for location, dealer in inline_dealers(content):
        if content.get("dealer_code") != GROUP_CODE:
            wrong = "`dealers` may not stand here"
            yield document.problem(location, wrong, f"it belongs to a YAML of `dealer_code: {GROUP_CODE}`")
        if isinstance(dealer, dict) and isinstance(dealer.get("time_zone"), str):
            yield from mistakes_of_time_zone(document, (*location, "time_zone"), dealer["time_zone"])
    feeds = content.get("feeds")
    for position, feed in enumerate(feeds if isinstance(feeds, list) else []):
        if isinstance(feed, dict):
            yield from _FeedMistakes(
                document, ("feeds", position), feed, content.get("dealer_code") == GROUP_CODE
            ).all()


def mistakes_of_time_zone(document: LocatedDocument, at: Location, zone: str) -> Iterator[str]:
    """That there is no such zone, where there is none."""
    if zone not in available_timezones():
        near = get_close_matches(zone, available_timezones(), n=1, cutoff=0.6)
        allowed = f"did you mean `{near[0]}`?" if near else "an IANA name such as Europe/Moscow"
        yield document.problem(at, f"`{zone}` is no time zone", allowed)


def mistakes_against_schema(document: LocatedDocument, schema_file: Path) -> Iterator[str]:
    """What the JSON Schema does not allow, in sentences; first what is no YAML at all."""
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
        mapped = {dealers for names in self._section("columns").values() for dealers in names_listed(names)}
        for position, name in enumerate(ignored if isinstance(ignored, list) else []):
            if name in mapped:
                yield self._problem(("ignore", position), f"`{name}` is mapped and ignored", "it can be one of the two")

    def _of_numbers(self, contract: Contract) -> Iterator[str]:
        if "yearly_numbers" in self.feed and not contract.year_of:
            wrong = f"{contract.source}.{contract.entity} has no numbers that could begin anew each year"
            yield self._problem(("yearly_numbers",), wrong, "remove the line")

    def _of_required(self, contract: Contract) -> Iterator[str]:
        is_adf = format_type(self.feed) in ("adf", "eml")
        if is_adf and "columns" not in self.feed and not self.is_of_group:
            return
        given = {*self._section("columns"), *self._section("constants")}
        if is_adf:
            given |= {"source_id", "created_at"}
        # A survey tool fills some by itself; one that is not named is known by its column names when a file comes.
        is_detected = contract.source == "surveys" and format_type(self.feed) in ("csv", "excel")
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
                if column.type == "word" and as_text(word) not in known:
                    yield self._problem(
                        ("values", name, cell), f"`{name}` knows no `{word}`", did_you_mean(as_text(word), known)
                    )
        for name, constant in self._section("constants").items():
            if name in contract.column_names and contract.column(name).type == "word":
                known = [word for word, _ in contract.column(name).words]
                if as_text(constant) not in known:
                    yield self._problem(
                        ("constants", name), f"`{name}` knows no `{constant}`", did_you_mean(as_text(constant), known)
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
