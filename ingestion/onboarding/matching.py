"""Which of our columns each column of a file is: by known layouts, by its name, and by the look of its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import yaml

from ingestion.contracts import SOURCES_FOLDER, Column, Contract, load_contracts
from ingestion.onboarding.column_names import (
    Token,
    is_barred,
    likeness,
    named_columns,
    our_word,
    speaks_of,
    tokens_of,
    words_of,
)
from ingestion.onboarding.looks import ColumnLook
from ingestion.readers.reading import normalised_name

KNOWN_LAYOUTS_FILE = SOURCES_FOLDER / "known_layouts.yml"

SURE = 0.7
"""From here on a column is told without a doubt."""
MAPPED = 0.5
"""From here on it is told at all."""

_KNOWN_SHARE, _KNOWN_LEAST = 0.6, 4
_PHONES = ("phone", "phone_2", "phone_3")
_TELLING_LOOKS = frozenset(
    ("vin", "phone", "email", "tax_id", "plate", "full_name", "make", "make_model", "birth_date")
)
_MOST_WORDS = 20
"""Different words above which a column is no word column."""

By = Literal["its name", "a known layout", "the look of its cells", "being different in every row"]


@dataclass(frozen=True)
class Match:
    """One of the file's columns and the column of ours that it seems to be."""

    header: str
    column: str
    score: float
    by: By
    rivals: tuple[str, ...] = ()  # further columns of ours that it may be, the nearest first

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should look twice."""
        return self.score < SURE


@dataclass(frozen=True)
class Matching:
    """How a file's columns fit one contract."""

    contract: Contract
    matches: tuple[Match, ...]  # in the order of the contract
    unmapped: tuple[str, ...]  # the file's columns that are none of ours
    missing: tuple[str, ...]  # our columns that the feed needs and that no column seems to be
    system: str | None  # the programme whose layout it is, where that is known

    @property
    def rank(self) -> float:
        """How well the file fits: what it holds of the contract's own columns, less what it lacks."""
        person = {name for name in self.contract.column_names if _is_of_person(self.contract, name)}
        own = sum(match.score for match in self.matches if match.column not in person)
        of_person = sum(match.score for match in self.matches) - own
        is_register = (self.contract.source, self.contract.entity) == ("dms", "customers")
        return own + (0.45 if is_register else 0.3) * of_person - 2.0 * len(self.missing)


@dataclass(frozen=True)
class _Pair:
    score: float
    detail: float  # meanings in common: `Дата выдачи` before `Дата`
    header: str
    column: str
    by: By


def match_columns(looks: Sequence[ColumnLook], contract: Contract) -> Matching:
    """The best match of every column of a file; each of ours is given once."""
    tokens = {look.header: tokens_of(look.header) for look in looks}
    layout = _known_layout([look.header for look in looks], contract)
    known = {normalised_name(theirs): ours for theirs, ours in (layout["columns"] if layout else {}).items()}
    pairs = [pair for look in looks for pair in _pairs(look, tokens[look.header], contract, known)]
    given = _assigned(_first_name_beside_last(pairs), contract)
    given = _with_phones(given, pairs, tokens, contract)
    given = _with_record_id(given, looks, contract)
    rivals = {
        header: tuple(
            dict.fromkeys(
                pair.column
                for pair in sorted(pairs, key=lambda pair: -pair.score)
                if pair.header == header and pair.column != match.column and pair.score >= 0.8 * match.score
            )
        )
        for header, match in given.items()
    }
    order = {name: place for place, name in enumerate(contract.column_names)}
    matches = sorted(
        (Match(m.header, m.column, m.score, m.by, rivals.get(m.header, ())) for m in given.values()),
        key=lambda match: order.get(match.column, -1),
    )
    filled = {match.column for match in matches}
    missing = [c.name for c in contract.columns if c.is_required and c.name not in filled and c.name != "dealer_code"]
    missing += [" or ".join(group) for group in contract.require_one_of if not filled & set(group)]
    unmapped = tuple(look.header for look in looks if look.header not in given)
    return Matching(contract, tuple(matches), unmapped, tuple(missing), layout["system"] if layout else None)


def guess_feed(looks: Sequence[ColumnLook], hints: Iterable[str], contracts: Iterable[Contract]) -> list[Matching]:
    """How the file fits each of the contracts, best first; `hints` are the file's name, its sheet, its titles."""
    words = [words_of(hint) for hint in hints]

    def rank(matching: Matching) -> float:
        feed = f"{matching.contract.source}.{matching.contract.entity}"
        is_told = any(speaks_of(hint, feed) for hint in words)
        return matching.rank + (2.0 if is_told else 0.0) + (3.0 if matching.system else 0.0)

    return sorted((match_columns(looks, contract) for contract in contracts), key=rank, reverse=True)


def all_contracts() -> list[Contract]:
    """Every contract that a file could be of."""
    return list(load_contracts().values())


# --- pairs of their columns and ours


def _pairs(
    look: ColumnLook, tokens: tuple[Token, ...], contract: Contract, known: dict[str, str | None]
) -> Iterable[_Pair]:
    name = normalised_name(look.header)
    if name in known:
        ours = known[name]
        return [_Pair(1.2, 9.0, look.header, ours, "a known layout")] if ours and fit(look, contract, ours) > -1 else []
    if name in contract.column_names:
        return [_Pair(1.2, 9.0, look.header, name, "its name")]
    named = list(_named_alike(look, tokens, contract))
    best = max((pair.score for pair in named), default=0.0)
    if best < MAPPED:
        return (
            []
            if is_barred(tokens)
            else list(_looking_alike(look, contract, {pair.column: pair.score for pair in named}))
        )
    return [pair for pair in named if pair.score >= max(MAPPED, 0.7 * best)]


def _named_alike(look: ColumnLook, tokens: tuple[Token, ...], contract: Contract) -> Iterable[_Pair]:
    for column in named_columns(contract):
        if column.must and not any(column.must in token.meanings for token in tokens):
            continue
        alike, detail = max(
            ((likeness(tokens, other) * counts, float(len(other))) for other, counts in column.names),
            default=(0.0, 0.0),
        )
        if alike:
            fitting = fit(look, contract, column.name)
            score = alike * (1 + 0.65 * fitting) if fitting < 0 else alike + (fitting if alike >= 0.4 else 0.0)
            yield _Pair(score, detail, look.header, column.name, "its name")


def _looking_alike(look: ColumnLook, contract: Contract, scores: dict[str, float]) -> Iterable[_Pair]:
    for column in named_columns(contract):
        if column.look in _TELLING_LOOKS and fit(look, contract, column.name) >= 0.2:
            score = MAPPED + scores.get(column.name, 0.0) / 10
            yield _Pair(score, 0.0, look.header, column.name, "the look of its cells")


def _assigned(pairs: Sequence[_Pair], contract: Contract) -> dict[str, _Pair]:
    order = {name: place for place, name in enumerate(contract.column_names)}
    required = {column.name for column in contract.columns if column.is_required}
    given: dict[str, _Pair] = {}
    taken: set[str] = set()
    ranked = sorted(
        pairs,
        key=lambda pair: (-round(pair.score, 2), -pair.detail, pair.column not in required, order.get(pair.column, -1)),
    )
    for pair in ranked:
        if pair.header not in given and pair.column not in taken:
            given[pair.header] = pair
            taken.add(pair.column)
    return given


def _first_name_beside_last(pairs: Sequence[_Pair]) -> list[_Pair]:
    """`Имя` beside `Фамилия` is a first name, whatever its cells: the pairs that say otherwise count less."""
    firsts = {(pair.header, pair.column.removesuffix("first_name")) for pair in pairs if _is(pair, "first_name")}
    lasts = {
        pair.column.removesuffix("last_name"): pair.header
        for pair in pairs
        if _is(pair, "last_name") and pair.score >= 0.9
    }

    def is_first_name(pair: _Pair) -> bool:
        role = pair.column.removesuffix("full_name")
        is_first = _is(pair, "full_name") and (pair.header, role) in firsts
        return is_first and lasts.get(role, pair.header) != pair.header

    return [replace(pair, score=pair.score * 0.7) if is_first_name(pair) else pair for pair in pairs]


def _is(pair: _Pair, name: str) -> bool:
    return pair.column.endswith(name)


def _with_phones(
    given: dict[str, _Pair], pairs: Sequence[_Pair], tokens: dict[str, tuple[Token, ...]], contract: Contract
) -> dict[str, _Pair]:
    """Several phones of a person become phone, phone_2 and phone_3: the mobile or the plain one first."""
    for prefix in ("", *(f"{role}_" for role in contract.roles)):
        names = [f"{prefix}{name}" for name in _PHONES if f"{prefix}{name}" in contract.column_names]
        if not names:
            continue
        held = {header: pair for header, pair in given.items() if pair.column in names}
        if any(pair.by == "a known layout" for pair in held.values()):
            continue
        free = [pair for pair in pairs if pair.column == names[0] and pair.header not in given]
        wanted = [*held.values(), *free]

        def place(pair: _Pair) -> tuple[bool, bool, int]:
            meanings = {meaning for token in tokens[pair.header] for meaning in token.meanings}
            is_second = bool(meanings & {"home", "work", "additional"}) and "mobile" not in meanings
            return is_second, any(word in ("2", "3") for word in words_of(pair.header)), list(tokens).index(pair.header)

        for name, pair in zip(names, sorted(wanted, key=place), strict=False):
            given[pair.header] = _Pair(pair.score, pair.detail, pair.header, name, pair.by)
    return given


def _with_record_id(given: dict[str, _Pair], looks: Sequence[ColumnLook], contract: Contract) -> dict[str, _Pair]:
    """Where a record needs a number and no column is called so: the first that is different in every row."""
    is_needed = any(column.name == "source_id" and column.is_required for column in contract.columns)
    if not is_needed or any(pair.column == "source_id" for pair in given.values()):
        return given
    unique = [
        look.header
        for look in looks
        if look.header not in given
        and look.filled == look.row_count > 1
        and look.distinct_share == 1
        and not look.share("text")
    ]
    if unique:
        header = min(unique, key=lambda header: "number" not in {m for t in tokens_of(header) for m in t.meanings})
        given[header] = _Pair(MAPPED, 0.0, header, "source_id", "being different in every row")
    return given


# --- whether the cells fit


def fit(look: ColumnLook, contract: Contract, name: str) -> float:
    """From -1 (the cells are something else) over 0 (they tell nothing) to 0.3 (they look like just that)."""
    if not look.filled:
        return 0.0
    column = contract.column(name) if name in contract.column_names else Column(name, "text", "")
    wanted = next((entry.look for entry in named_columns(contract) if entry.name == name), None)
    if name.endswith("dealer_number") or name.endswith("caller_number"):
        return _fit_of_call_number(look, is_own=name.startswith("dealer"))
    if wanted == "birth_date":
        return _fit_of_birth_date(look)
    if column.type in ("moment", "date"):
        is_of_people = look.median_year is not None and look.median_year < 2000 and name != "first_registered_on"
        return _fit(look.share("date"), 0.6, 0.3, 0.05) - (0.5 if is_of_people else 0.0)
    if column.type == "word":
        return _fit_of_words(look, contract, column)
    judge = _JUDGES.get(wanted or "")
    if judge is not None:
        return judge(look)
    if wanted in ("scale_10", "scale_5", "year", "number") or column.type in ("amount", "decimal", "integer"):
        return _fit(look.share(wanted or "number"), 0.7, 0.4, 0.1 if wanted != "number" else 0.05)
    if wanted is not None:
        return _fit(look.share(wanted), 0.5, 0.15, 0.25)
    return 0.0


def _fit(share: float, good: float, bad: float, bonus: float) -> float:
    return bonus if share >= good else -1.0 if share < bad else 0.0


def _fit_of_call_number(look: ColumnLook, *, is_own: bool) -> float:
    if look.share("phone") < 0.4:
        return -1.0 if not is_own or look.share("number") < 0.4 else -0.2
    is_repeated = look.distinct_share < 0.3 and look.filled >= 10
    return (0.25 if is_repeated else -0.4) if is_own else (-0.4 if is_repeated else 0.25)


def _fit_of_birth_date(look: ColumnLook) -> float:
    year = look.median_year
    if look.share("date") < 0.3 or year is None:
        return -1.0
    return 0.25 if year <= 2010 else -1.0


def _fit_of_words(look: ColumnLook, contract: Contract, column: Column) -> float:
    if len(look.values) > _MOST_WORDS or look.has_more_values or _is_somebody(look):
        return -1.0
    known = sum(times for cell, times in look.values.items() if our_word(contract, column.name, cell))
    share = known / look.values.total()
    return 0.2 if share >= 0.6 else 0.0 if share else -0.2


def _is_somebody(look: ColumnLook) -> bool:
    return look.share("full_name") >= 0.5 or look.share("company") >= 0.5


def _fit_of_full_name(look: ColumnLook) -> float:
    if _is_somebody(look) or look.share("full_name") + look.share("company") >= 0.5:
        return 0.2
    if any(look.share(other) >= 0.5 for other in ("number", "date", "phone", "email", "vin", "first_name", "make")):
        return -1.0
    return -0.3


def _fit_of_part(part: str) -> Callable[[ColumnLook], float]:
    def judge(look: ColumnLook) -> float:
        if look.share(part) >= 0.4:
            return 0.25
        is_other = look.share("full_name") >= 0.5 or any(
            look.share(other) >= 0.5 for other in ("number", "date", "phone", "email", "vin", "make")
        )
        return -1.0 if is_other else 0.0

    return judge


def _fit_of_make(look: ColumnLook) -> float:
    return 0.25 if look.share("make") >= 0.5 else -0.4 if look.share("make") < 0.05 else 0.0


def _fit_of_model(look: ColumnLook) -> float:
    if look.share("make") >= 0.7:
        return -1.0
    if look.share("make_model") >= 0.6:
        return -0.5
    is_other = any(look.share(other) >= 0.6 for other in ("date", "email", "phone", "vin", "full_name"))
    return -1.0 if is_other else 0.2 if look.share("model") >= 0.3 else 0.0


def _fit_of_make_model(look: ColumnLook) -> float:
    if look.share("make_model") >= 0.4:
        return 0.3
    return -1.0 if look.share("make") >= 0.6 or look.share("model") >= 0.5 else -0.3


def _fit_of_company(look: ColumnLook) -> float:
    if look.share("company") >= 0.3:
        return 0.2
    return -1.0 if look.share("make") >= 0.5 or look.share("number") >= 0.5 else 0.0


def _fit_of_number_of_record(look: ColumnLook) -> float:
    if any(look.share(other) >= 0.9 for other in ("date", "email", "vin", "full_name", "text")):
        return -0.8
    return 0.1 if look.distinct_share >= 0.95 else -0.3 if look.distinct_share < 0.5 else 0.0


def _fit_of_place(look: ColumnLook) -> float:
    return -0.7 if any(look.share(other) >= 0.5 for other in ("number", "date", "email", "phone")) else 0.0


def _fit_of_text(look: ColumnLook) -> float:
    if any(look.share(other) >= 0.8 for other in ("date", "email", "vin", "phone", "url")):
        return -1.0
    return -0.6 if look.share("number") >= 0.9 else 0.0


def _fit_of_chassis(look: ColumnLook) -> float:
    return 0.2 if look.share("chassis") >= 0.3 else -0.5 if look.share("vin") >= 0.7 else 0.0


_JUDGES: Mapping[str, Callable[[ColumnLook], float]] = {
    "full_name": _fit_of_full_name,
    "first_name": _fit_of_part("first_name"),
    "last_name": _fit_of_part("last_name"),
    "middle_name": _fit_of_part("middle_name"),
    "make": _fit_of_make,
    "model": _fit_of_model,
    "make_model": _fit_of_make_model,
    "company": _fit_of_company,
    "unique": _fit_of_number_of_record,
    "place": _fit_of_place,
    "text": _fit_of_text,
    "chassis": _fit_of_chassis,
    "code": lambda look: _fit(look.share("code"), 0.8, 0.5, 0.1),
}


# --- known layouts


def _known_layout(headers: Sequence[str], contract: Contract) -> dict[str, Any] | None:
    """The layout of this contract most of whose columns the file has."""
    names = {normalised_name(header) for header in headers}
    best, best_share = None, _KNOWN_SHARE
    for layout in _layouts():
        theirs = {normalised_name(name) for name in layout["columns"]}
        shared = len(names & theirs)
        if layout["feed"] == f"{contract.source}.{contract.entity}" and shared >= min(_KNOWN_LEAST, len(theirs)):
            share = max(shared / len(theirs), shared / len(names))
            if share >= best_share:
                best, best_share = layout, share
    return best


@cache
def _layouts() -> list[dict[str, Any]]:
    layouts: list[dict[str, Any]] = yaml.safe_load(KNOWN_LAYOUTS_FILE.read_text(encoding="utf-8"))
    return layouts


def _is_of_person(contract: Contract, name: str) -> bool:
    person = {entry.name for entry in named_columns(load_contracts()["dms", "customers"])} - {
        "source_id",
        "created_at",
        "updated_at",
    }
    return name in person or any(name.startswith(f"{role}_") for role in contract.roles)
