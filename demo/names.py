"""Russian names by real frequency: drawing them, and the forms one name takes."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

DATA_FOLDER = Path(__file__).parent / "data"

# How the frequency lists spell a name, and how those who care for the letter ё write it.
_WITH_YO = {
    "Алена": "Алёна",
    "Артем": "Артём",
    "Петр": "Пётр",
    "Семен": "Семён",
    "Федор": "Фёдор",
}


@dataclass(frozen=True)
class FirstName:
    """A first name with its gender (`m`, `f`), and the patronymics of a man's children (empty where none is known)."""

    text: str
    gender: str
    patronymic_son: str
    patronymic_daughter: str


@dataclass(frozen=True)
class Surname:
    """A surname in its masculine and feminine form; both are equal where it does not change."""

    masculine: str
    feminine: str

    def for_gender(self, gender: str) -> str:
        """The form that a man (`m`) or a woman (`f`) bears."""
        return self.feminine if gender == "f" else self.masculine


def read_data(file_name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file of `demo/data` as dictionaries."""
    with (DATA_FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def first_names(gender: str) -> tuple[tuple[FirstName, ...], tuple[int, ...]]:
    """First names of a gender and their cumulated counts, the most frequent first."""
    rows = [row for row in read_data("first_names.csv") if row["gender"] == gender]
    names = tuple(
        FirstName(
            _WITH_YO.get(row["first_name"], row["first_name"]),
            gender,
            row["patronymic_son"],
            row["patronymic_daughter"],
        )
        for row in rows
    )
    return names, tuple(accumulate(int(row["count"]) for row in rows))


@cache
def fathers() -> tuple[tuple[FirstName, ...], tuple[int, ...]]:
    """Men's names that patronymics are known of, with their cumulated counts."""
    names, cumulated = first_names("m")
    counts = [now - before for now, before in zip(cumulated, (0, *cumulated), strict=False)]
    kept = [(name, count) for name, count in zip(names, counts, strict=True) if name.patronymic_son]
    return tuple(name for name, _ in kept), tuple(accumulate(count for _, count in kept))


@cache
def surnames() -> tuple[tuple[Surname, ...], tuple[int, ...]]:
    """Surnames and their cumulated counts, the most frequent first."""
    rows = list(read_data("surnames.csv"))
    return (
        tuple(Surname(row["surname"], row["feminine"]) for row in rows),
        tuple(accumulate(int(row["count"]) for row in rows)),
    )


def draw_first_name(rng: random.Random, gender: str) -> FirstName:
    """A first name of the gender, drawn by frequency."""
    names, cumulated = first_names(gender)
    return rng.choices(names, cum_weights=cumulated)[0]


def draw_father(rng: random.Random) -> FirstName:
    """A father's first name, drawn by frequency among those with a known patronymic."""
    names, cumulated = fathers()
    return rng.choices(names, cum_weights=cumulated)[0]


def father_named(text: str) -> FirstName | None:
    """The man's name of that spelling, if a patronymic of it is known."""
    return next((name for name in fathers()[0] if name.text == text), None)


def draw_surname(rng: random.Random) -> Surname:
    """A surname, drawn by frequency."""
    names, cumulated = surnames()
    return rng.choices(names, cum_weights=cumulated)[0]


def patronymic(father: FirstName, gender: str) -> str:
    """The patronymic of a son (`m`) or a daughter (`f`) of a father of that name."""
    return father.patronymic_daughter if gender == "f" else father.patronymic_son


@cache
def _diminutives() -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in read_data("diminutives_ru.csv"):
        found[row["full_name"].replace("ё", "е"), row["gender"]].append(row["diminutive"].capitalize())
    return {key: tuple(names) for key, names in found.items()}


def diminutives(first_name: str, gender: str) -> tuple[str, ...]:
    """What people of that first name and gender are called by their friends; empty where nothing is known."""
    return _diminutives().get((first_name.lower().replace("ё", "е"), gender), ())
