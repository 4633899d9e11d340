"""How alike a file's column name and the names in sources/column_names.yml are, meaning by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ingestion.contracts import SOURCES_FOLDER, Contract
from ingestion.located_yaml import read_located

COLUMN_NAMES_FILE = SOURCES_FOLDER / "column_names.yml"

WEAK = 0.8
"""What a name counts that means the column only where no other does."""
BARRED = 0.15
"""What is left of a likeness when a barrier (a manager's, a payer's …) stands on one side alone."""

_LIGHT, _UNKNOWN = 0.25, 0.6
_STOP_WORDS = frozenset(
    "of the a an and or to in by for is are you we us our do did how what от до по на для в с и или из о об к у "
    "вы вас вам мы нас нам наш наша насколько как какой какова ли".split()
)
_LONG_NAME = 5
_LONGEST_ALIAS = 3


@dataclass(frozen=True)
class Token:
    """A word of a name (or several that are one): its meanings, or itself where it has none that we know."""

    meanings: frozenset[str]
    is_known: bool

    def meets(self, other: Token) -> bool:
        """Whether the two may mean the same."""
        return not self.meanings.isdisjoint(other.meanings)


@dataclass(frozen=True)
class NamedColumn:
    """One of our columns: how its cells look, and its names, those that mean it weakly told apart."""

    name: str
    look: str | None
    names: tuple[tuple[tuple[Token, ...], float], ...]  # a name, and what it counts
    must: str | None  # a meaning without which no name is the column's


@dataclass(frozen=True)
class _Words:
    """The dictionary: aliases by their first word, exact or by a prefix."""

    exact: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    prefixes: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # by the first three letters
    light: frozenset[str]
    barriers: frozenset[str]


def words_of(name: str) -> list[str]:
    """A column name as words: `CustomerFirstName`, `customer_first_name` and `Customer first-name` are the same."""
    text = name.replace("№", " номер ").replace("#", " номер ").replace("\ufeff", "")
    text = re.sub(r"(?<=[a-zа-яё0-9])(?=[A-ZА-ЯЁ])", " ", text)
    text = re.sub(r"(?<=[A-ZА-ЯЁ])(?=[A-ZА-ЯЁ][a-zа-яё])", " ", text)
    text = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", text.casefold().replace("ё", "е"))
    return [word for word in re.split(r"[\W_]+", text) if word]


def tokens_of(name: str) -> tuple[Token, ...]:
    """A column name as its meanings; numbers are left out. A word with a dot behind it stands for all that begin so."""
    cut = re.findall(r"([^\W\d_]{3,})\.", name.casefold().replace("ё", "е"))
    return _tokens(words_of(name), frozenset(cut))


@cache
def named_columns(contract: Contract) -> tuple[NamedColumn, ...]:
    """The contract's columns with their names, those of its further persons (payer, driver …) included."""
    content = _content()["columns"]
    own, person = content.get(f"{contract.source}.{contract.entity}", {}), content["person"]
    columns = []
    for name in dict.fromkeys((*contract.column_names, *content["any"])):
        role = next((role for role in contract.roles if name.startswith(f"{role}_")), None)
        of_person = person.get(name.removeprefix(f"{role}_") if role else name)
        entry = own.get(name) or of_person or content["any"].get(name)
        if entry is not None:
            names = tuple(_names(entry, role if name not in own else None))
            columns.append(NamedColumn(name, entry.get("look"), names, entry.get("must")))
    return tuple(columns)


def likeness(name: Sequence[Token], other: Sequence[Token]) -> float:
    """From 0 (nothing in common) to 1 (the same meanings): common weight by all weight, barriers first.

    A long name, a question of a survey, is as like as the part of `other` that it holds.
    """
    words = _words()
    left, rest = list(other), []
    common = 0.0
    for token in name:
        partner = next((candidate for candidate in left if token.meets(candidate)), None)
        if partner is None:
            rest.append(token)
        else:
            left.remove(partner)
            common += min(_weight(token, words), _weight(partner, words))
    if not common:
        return 0.0
    apart = [*rest, *left]
    alike = common / (common + sum(_weight(token, words) for token in apart))
    if len(name) >= _LONG_NAME:
        held = common / (common + sum(_weight(token, words) for token in left))
        alike = max(alike, 0.75 * held if common > _LIGHT else 0.0)
    return alike * (BARRED if any(token.meanings <= words.barriers for token in apart) else 1.0)


def is_barred(name: Sequence[Token]) -> bool:
    """Whether the name speaks of somebody or something else than the row: no guess by the look of cells then."""
    return any(token.meanings <= _words().barriers for token in name)


def speaks_of(words: Sequence[str], feed: str) -> bool:
    """Whether the words of a file's name, a sheet or a title tell that it holds such a feed."""
    return any(
        all(map(_fits, alias.split(), words[start:]))
        for alias in _content()["feeds"].get(feed, ())
        for start in range(len(words) - len(alias.split()) + 1)
    )


def our_word(contract: Contract, column: str, cell: str) -> str | None:
    """Our word for a dealer's word: the contract's own, else the one that words beginning so mean, else None."""
    known = contract.column(column).word_aliases()
    if word := known.get(cell.strip().lower()):
        return word
    if cell.strip() in ("+", "✓", "√") and "granted" in known.values():
        return "granted"
    if cell.strip() in ("-", "–", "—") and "denied" in known.values():
        return "denied"
    tables = _content()["values"]
    role_free = next((column.removeprefix(f"{r}_") for r in contract.roles if column.startswith(f"{r}_")), column)
    table = tables.get(f"{contract.entity}.{role_free}") or tables.get(role_free, {})
    words = words_of(cell)
    for ours, aliases in table.items():
        for alias in map(str, aliases):
            parts = alias.split()
            if (
                len(parts) <= len(words)
                and all(map(_fits, parts, words))
                and (len(parts) == len(words) or "*" in alias)
            ):
                return str(ours)
    return None


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = read_located(COLUMN_NAMES_FILE).content  # reads `yes` as the word it is
    return content


@cache
def _words() -> _Words:
    exact: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    prefixes: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    content = _content()
    for meaning, aliases in content["words"].items():
        for alias in map(str, aliases):
            parts = tuple(alias.casefold().replace("ё", "е").replace("_", " ").split())
            table, key = (prefixes, parts[0][:3].rstrip("*")) if parts[0].endswith("*") else (exact, parts[0])
            table.setdefault(key, []).append((parts, meaning))
    return _Words(
        {key: tuple(entries) for key, entries in exact.items()},
        {key: tuple(entries) for key, entries in prefixes.items()},
        frozenset(content["light"]),
        frozenset(content["barriers"]),
    )


def _names(entry: dict[str, Any], role: str | None) -> Iterable[tuple[tuple[Token, ...], float]]:
    for section, counts in (("names", 1.0), ("weak", WEAK)):
        for name in entry.get(section, ()):
            tokens = _tokens(words_of(str(name)))
            if role is not None:
                # The customer's name becomes the payer's: whose it is stands first.
                tokens = (_role_token(role), *(token for token in tokens if "customer" not in token.meanings))
            yield tokens, counts


def _role_token(role: str) -> Token:
    return Token(frozenset((role,)), is_known=True)


def _tokens(words: Sequence[str], cut: frozenset[str] = frozenset()) -> tuple[Token, ...]:
    tokens = []
    position = 0
    while position < len(words):
        length, meanings = _longest_alias(words[position : position + _LONGEST_ALIAS])
        if length == 1 and words[position] in cut:
            meanings = meanings | _meanings_that_begin(words[position])
        if meanings:
            tokens.append(Token(frozenset(meanings), is_known=True))
        elif not words[position].isdigit() and words[position] not in _STOP_WORDS:
            tokens.append(Token(frozenset((_stem(words[position]),)), is_known=False))
        position += length
    return tuple(dict.fromkeys(tokens))


def _longest_alias(words: Sequence[str]) -> tuple[int, set[str]]:
    """How many words the longest alias at their beginning takes, and its meanings; one word and none otherwise."""
    dictionary = _words()
    first = words[0]
    candidates = [*dictionary.exact.get(first, ())]
    for length in (1, 2, 3):
        candidates += dictionary.prefixes.get(first[:length], ()) if len(first) >= length else ()
    fitting = [
        ((len(parts), not parts[0].endswith("*"), sum(map(len, parts))), meaning)
        for parts, meaning in candidates
        if len(parts) <= len(words) and all(map(_fits, parts, words))
    ]
    if not fitting:
        return 1, set()
    best = max(rank for rank, _ in fitting)
    return best[0], {meaning for rank, meaning in fitting if rank == best}


def _meanings_that_begin(word: str) -> set[str]:
    dictionary = _words()
    aliases = (
        alias for table in (dictionary.exact, dictionary.prefixes) for entries in table.values() for alias in entries
    )
    return {meaning for parts, meaning in aliases if len(parts) == 1 and parts[0].startswith(word)}


def _stem(word: str) -> str:
    return word[:6] if re.match(r"[а-я]", word) else word


def _weight(token: Token, words: _Words) -> float:
    if not token.is_known:
        return _UNKNOWN
    return _LIGHT if token.meanings <= words.light else 1.0
