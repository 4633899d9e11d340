"""Invented people at any size, as the systems of twenty dealers hold them, with the truth about who is who."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from demo.names import diminutives, draw_father, draw_first_name, draw_surname, patronymic
from demo.people import places
from demo.spelling import passport_latin, with_typo

SEED = 20261122
DEALERS = tuple(f"d{number:02}" for number in range(1, 21))
COLUMNS = (
    "dealer_code",
    "source_record_id",
    "last_name",
    "first_name",
    "middle_name",
    "birth_date",
    "phone",
    "email",
    "city",
    "cluster",
)

# How many records a person has, in per mille: 2.05 on average, and 0.81 true pairs for each record.
_RECORD_COUNTS = (1, 2, 3, 4, 5)
_RECORD_COUNT_WEIGHTS = (390, 315, 180, 85, 30)
_MAIL_PROVIDERS = ("mail.ru", "yandex.ru", "gmail.com", "bk.ru", "inbox.ru")


@dataclass(frozen=True)
class Record:
    """A person as one dealer wrote him down; an empty text is what the dealer does not know. `cluster` is the truth."""

    dealer_code: str
    source_record_id: str
    last_name: str
    first_name: str
    middle_name: str
    birth_date: str
    phone: str
    email: str
    city: str
    cluster: int

    def row(self) -> tuple[str | int, ...]:
        """The record in the order of COLUMNS."""
        return tuple(getattr(self, column) for column in COLUMNS)


def records(count: int, seed: int = SEED) -> Iterator[Record]:
    """`count` records in the order in which they arrive, the same for the same count and seed.

    People have 1 to 5 records, spread over the order of arrival: the last per cent is a day's delta of new people and
    of further records of those already known.
    """
    dice = random.Random(seed)
    found: list[Record] = []
    cluster = 0
    family: Record | None = None
    while len(found) < count:
        cluster += 1
        person = _person(dice, cluster, family)
        family = person if dice.random() < 0.25 else None
        for _ in range(dice.choices(_RECORD_COUNTS, _RECORD_COUNT_WEIGHTS)[0]):
            found.append(_written_down(dice, person))
    del found[count:]
    dice.shuffle(found)
    for number, record in enumerate(found, start=1):
        yield replace(record, source_record_id=str(number))


def write_records(file: Path, count: int, seed: int = SEED) -> None:
    """The records as a UTF-8 CSV file with the columns COLUMNS."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(record.row() for record in records(count, seed))


def _person(dice: random.Random, cluster: int, family: Record | None) -> Record:
    """A new person; one of a family has its surname, town and often its phone."""
    gender = dice.choice("mf")
    first_name = draw_first_name(dice, gender).text
    last_name = family.last_name if family else draw_surname(dice).for_gender(gender)
    born = date(1945, 1, 1) + timedelta(days=dice.randrange(60 * 365))
    phone = f"+79{dice.randrange(10**9):09}"
    name = passport_latin(last_name).lower().replace("'", "")
    return Record(
        "",
        "",
        last_name,
        first_name,
        patronymic(draw_father(dice), gender),
        born.isoformat(),
        family.phone if family and dice.random() < 0.3 else phone,
        f"{name}.{passport_latin(first_name[:1]).lower()}{dice.randrange(10_000)}@{dice.choice(_MAIL_PROVIDERS)}",
        family.city if family else dice.choices(places()[0], cum_weights=places()[1])[0].city,
        cluster,
    )


def _written_down(dice: random.Random, person: Record) -> Record:
    """One dealer's record of the person: cells are missing, misspelt or out of date."""
    chance = dice.random
    first_name, birth_date, phone = person.first_name, person.birth_date, person.phone
    if chance() < 0.05:
        first_name = _short_form(dice, first_name)
    elif chance() < 0.03:
        first_name = with_typo(dice, first_name)
    if chance() < 0.02:
        year, month, day = birth_date.split("-")
        birth_date = f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-{int(day) - 10:02}"
    if chance() < 0.08:
        phone = f"+79{dice.randrange(10**9):09}"
    return replace(
        person,
        dealer_code=dice.choice(DEALERS),
        last_name=with_typo(dice, person.last_name) if chance() < 0.04 else person.last_name,
        first_name=first_name,
        middle_name="" if chance() < 0.4 else person.middle_name,
        birth_date="" if chance() < 0.35 else birth_date,
        phone="" if chance() < 0.12 else phone,
        email="" if chance() < 0.45 else person.email,
        city="" if chance() < 0.2 else person.city,
    )


def _short_form(dice: random.Random, first_name: str) -> str:
    known = [*diminutives(first_name, "m"), *diminutives(first_name, "f")]
    return dice.choice(known) if known else first_name
