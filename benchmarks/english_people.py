"""Invented people of English names as labelled sets: old registers, and rare duplicates among many singles."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta

from demo.spelling import with_typo
from warehouse.run_dbt import DBT_PROJECT

SEED = 20261122
HISTORICAL_RECORDS = 6_000
RARE_PEOPLE, RARE_DUPLICATES = 12_000, 180

_BEGINNINGS = (
    "Ash Brad Burn Carl Chad Clif Cole Craw Dal Den East Elling Fair Fen Glad Hal Hart Hay Hol Hunt Ken Lang Lin Mar"
    " Mil Nor Oak Pem Rad Red Rock Sand Shel Stan Stock Sut Thorn Wal War Wen Whit Win Wood Wor York"
).split()
_ENDINGS = (
    "bourne bury by combe don field ford ham hurst land ley low man more ridge sley stead ston ton well wick worth"
).split()
_STREETS = "Church High Mill Park Queen Station Bridge Chapel Green King North South Victoria West".split()

Person = dict[str, str]


def _nicknames() -> dict[str, list[str]]:
    """First names with what their bearers are called as well."""
    known: dict[str, list[str]] = {}
    with (DBT_PROJECT / "seeds" / "identity" / "nicknames_en.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            known.setdefault(row["name1"].title(), []).append(row["name2"].title())
    return known


_SURNAMES = [beginning + ending for ending in _ENDINGS for beginning in _BEGINNINGS]
_NICKNAMES = _nicknames()
_FIRST_NAMES = list(_NICKNAMES)
_TOWNS = [f"{surname} {kind}" for kind in ("Green", "Cross") for surname in _SURNAMES[::9]]


def historical() -> Iterator[Person]:
    """People of four centuries, up to a dozen records each, as Splink's historical_50k has them.

    Names misspelt, shortened, exchanged and with titles; birth dates that know the year alone; people who moved.
    """
    dice = random.Random(SEED)
    rows: list[Person] = []
    while len(rows) < HISTORICAL_RECORDS:
        person = _person(dice, date(1500, 1, 1), years=400)
        rows += [_in_a_register(dice, person) for _ in range(dice.randint(1, 9))]
    return _numbered(dice, rows)


def rare_duplicates() -> Iterator[Person]:
    """People of today with one record each, every seventieth with another one that is full of mistakes.

    Every fifth shares surname, home and often the telephone with the one before, and some the first name as well.
    """
    dice = random.Random(SEED + 1)
    people: list[Person] = []
    for _ in range(RARE_PEOPLE):
        of_family = people[-1] if people and dice.random() < 0.2 else None
        people.append(_person(dice, date(1940, 1, 1), years=65, of_family=of_family))
    rows = people + [_mistaken(dice, person) for person in dice.sample(people, RARE_DUPLICATES)]
    return _numbered(dice, [_with_gaps(dice, row, 0.1) for row in rows])


def _numbered(dice: random.Random, rows: list[Person]) -> Iterator[Person]:
    dice.shuffle(rows)
    for number, row in enumerate(rows, start=1):
        yield {"source_id": str(number)} | row


def _often_first(dice: random.Random, words: list[str]) -> str:
    """One of the words, the first ones more often."""
    return words[int(len(words) * dice.random() ** 2)]


def _person(dice: random.Random, since: date, years: int, of_family: Person | None = None) -> Person:
    first_name = _often_first(dice, _FIRST_NAMES)
    last_name = of_family["last_name"] if of_family else _often_first(dice, _SURNAMES)
    home = {
        "address": f"{dice.randint(1, 99)} {dice.choice(_STREETS)} {dice.choice(('Street', 'Road', 'Lane'))}",
        "city": _often_first(dice, _TOWNS),
        "postal_code": _postal_code(dice),
        "phone": _phone(dice),
    }
    if of_family:
        shared = [key for key in home if key != "phone" or dice.random() < 0.3]
        home |= {key: of_family[key] for key in shared}
        first_name = of_family["first_name"] if dice.random() < 0.03 else first_name
    return {
        "first_name": first_name,
        "last_name": last_name,
        "birth_date": (since + timedelta(days=dice.randrange(years * 365))).isoformat(),
        **home,
        "cluster": f"{dice.getrandbits(64):016x}",
    }


def _postal_code(dice: random.Random) -> str:
    letters = "".join(dice.choice("ABDEFGHJLN") for _ in range(2))
    return f"{dice.choice(('BS', 'EX', 'LE', 'NE', 'SW', 'YO'))}{dice.randint(1, 29)} {dice.randint(1, 9)}{letters}"


def _phone(dice: random.Random) -> str:
    return f"{dice.choice((212, 305, 415, 617, 702, 808))}{dice.randint(2, 9)}{dice.randrange(10**6):06}"


def _in_a_register(dice: random.Random, person: Person) -> Person:
    row = _mistaken(dice, person)
    if dice.random() < 0.2:
        row["birth_date"] = row["birth_date"][:4] + "-01-01"
    if dice.random() < 0.06:
        row["last_name"] += dice.choice((" 1st Baronet", " Lord", " Jr", " Earl"))
    if dice.random() < 0.06:
        row["first_name"] = row["first_name"][0] + dice.choice(("", "."))
    row = _with_gaps(dice, row, 0.12)
    return {key: cell for key, cell in row.items() if key not in ("address", "phone")}


def _mistaken(dice: random.Random, person: Person) -> Person:
    """The person written down anew: misspelt, by another name, moved, with another number."""
    row = dict(person)
    for column in ("first_name", "last_name", "city", "postal_code", "address"):
        if dice.random() < 0.1:
            row[column] = with_typo(dice, row[column])
    if dice.random() < 0.07:
        row["first_name"] = dice.choice(_NICKNAMES[person["first_name"]])
    if dice.random() < 0.03:
        row["first_name"], row["last_name"] = row["last_name"], row["first_name"]
    if dice.random() < 0.12:
        born = date.fromisoformat(person["birth_date"])
        slips = (
            born.replace(day=dice.randint(1, 28)),
            born.replace(month=dice.randint(1, 12), day=min(born.day, 28)),
            born.replace(year=born.year + dice.choice((-10, -1, 1, 10)), day=min(born.day, 28)),
        )
        row["birth_date"] = dice.choice(slips).isoformat()
    if dice.random() < 0.2:
        row |= {"city": _often_first(dice, _TOWNS), "postal_code": _postal_code(dice), "address": ""}
    if dice.random() < 0.3:
        row["phone"] = _phone(dice)
    return row


def _with_gaps(dice: random.Random, row: Person, share: float) -> Person:
    kept = ("first_name", "last_name", "cluster")
    return {key: "" if key not in kept and dice.random() < share else cell for key, cell in row.items()}
