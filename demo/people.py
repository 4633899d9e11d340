"""The people of the demo group as they really are: persons in households, and companies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import TypeAlias

from demo.names import Surname, read_data


@dataclass(frozen=True)
class Place:
    """A town: its region, and the centres nearby, the nearest first."""

    city: str
    region: str
    dealer_codes: tuple[str, ...]
    postal_prefix: str
    area_code: str


@dataclass(frozen=True)
class Address:
    """Where a household lives."""

    place: Place
    street: str
    house: str
    flat: int
    postal_code: str


@dataclass
class Person:
    """A person as he is, not as anybody wrote him down."""

    person_id: str
    gender: str
    surname: Surname
    first_name: str
    middle_name: str
    birth_date: date
    mobile: str
    email: str
    address: Address
    household_id: str
    home_phone: str
    tax_id: str
    old_mobile: str = ""
    phone_changed_on: date | None = None
    maiden_surname: Surname | None = None
    married_on: date | None = None
    employer: str = ""  # code of the centre he works for

    @property
    def last_name(self) -> str:
        """The surname in the person's own form."""
        return self.surname.for_gender(self.gender)


@dataclass(frozen=True)
class Company:
    """A company or a sole trader with the person who speaks for it."""

    company_id: str
    legal_form: str  # ООО, АО or ИП
    name: str  # without legal form and quotes
    tax_id: str
    phone: str
    email: str
    address: Address
    contact: Person
    fleet_size: int
    is_leasing: bool = False


@dataclass
class Population:
    """Everybody: persons (members of households lie together), companies, and the centres' staff by dealer code."""

    persons: list[Person] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    staff: dict[str, list[Person]] = field(default_factory=dict)
    households: dict[str, list[Person]] = field(default_factory=dict)

    def add_person(self, person: Person) -> None:
        """The person is one of the population and of his household."""
        self.persons.append(person)
        self.households.setdefault(person.household_id, []).append(person)

    def persons_of(self, household_id: str) -> list[Person]:
        """The members of a household."""
        return self.households[household_id]


def places() -> tuple[tuple[Place, ...], tuple[int, ...]]:
    """The towns and their cumulated weights."""
    rows = list(read_data("places.csv"))
    return (
        tuple(
            Place(
                row["city"], row["region"], tuple(row["dealer_codes"].split()), row["postal_prefix"], row["area_code"]
            )
            for row in rows
        ),
        tuple(accumulate(int(row["weight"]) for row in rows)),
    )


Customer: TypeAlias = Person | Company
