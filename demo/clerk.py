"""How a person or a company ends up in a centre's programme: who writes down what, with which mistakes."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from demo.centres import Centre
from demo.mistakes import (
    PLACEHOLDER_BIRTH_DATES,
    PLACEHOLDER_PHONES,
    Mistakes,
    birth_date_off_by_one_digit,
    email_alias,
    email_typo,
    legal_name,
    styled_phone,
    with_wrong_digit,
)
from demo.names import diminutives
from demo.people import Address, Company, Customer, Person, Population
from demo.spelling import LATIN_SCHEMES, in_other_layout, transliterate, with_typo

Medium = Literal["desk", "web", "phone"]  # typed at the dealer's desk, by the customer on a site, by ear


@dataclass(frozen=True)
class Written:
    """A customer as somebody wrote him down; empty where nothing was."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    is_first_name_first: bool = False  # in one cell
    is_swapped: bool = False  # in cells of their own
    birth_date: date | None = None
    gender: str = ""
    phone: str = ""
    phone_2: str = ""
    email: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    tax_id: str = ""
    company_name: str = ""
    phone_of: Literal["own", "household", "nobody"] = "own"
    is_email_own: bool = True

    @property
    def can_be_told(self) -> bool:
        """Whether anything beside a name says who is meant; a number that a family shares does so only with a name."""
        has_birth_date = self.birth_date is not None and self.birth_date not in PLACEHOLDER_BIRTH_DATES
        has_phone = bool(self.phone) and self.phone_of != "nobody" and (self.phone_of == "own" or bool(self.full_name))
        has_email = bool(self.email) and self.is_email_own
        return has_phone or has_email or has_birth_date or bool(self.address) or bool(self.tax_id)

    @property
    def full_name(self) -> str:
        """The name in one cell, in the order in which it was written."""
        parts = (
            (self.first_name, self.middle_name, self.last_name)
            if self.is_first_name_first
            else (self.last_name, self.first_name, self.middle_name)
        )
        return " ".join(part for part in parts if part)


TEST_CUSTOMER = Written(last_name="Тестов", first_name="Тест", phone="+7 (999) 999-99-99", phone_of="nobody")


class Clerk:
    """Writes customers down; keeps no memory of how it wrote them before."""

    def __init__(self, rng: random.Random, mistakes: Mistakes, population: Population) -> None:
        self._rng = rng
        self._mistakes = mistakes
        self._population = population

    def write_down(self, customer: Customer, on: date, centre: Centre, medium: Medium, advisor: Person) -> Written:
        """The customer as written on that day at the centre."""
        if isinstance(customer, Company):
            return self._write_company(customer, centre)
        written = self._write_name(customer, on, medium)
        written = self._write_contacts(written, customer, on, centre, medium, advisor)
        if medium == "desk":
            written = self._write_birth_date(written, customer)
            written = self._write_address(written, customer.address)
            written = replace(
                written,
                gender=customer.gender if self._rng.random() < 0.7 else "",
                tax_id=customer.tax_id if self._rng.random() < 0.05 else "",
            )
        return written

    def _write_company(self, company: Company, centre: Centre) -> Written:
        rng, happens = self._rng, self._mistakes.happens
        name = legal_name(rng, company.legal_form, company.name, is_variant=happens("legal_form_variant"))
        phone = company.phone if rng.random() < 0.5 else company.contact.mobile
        written = Written(
            company_name=name,
            phone=styled_phone(phone, _usual_style(centre)),
            email=company.email if rng.random() < 0.6 else "",
            tax_id=company.tax_id if rng.random() < 0.9 else "",
        )
        written = self._write_address(written, company.address)
        if happens("company_in_person_field"):
            return replace(written, last_name=name, company_name="")
        return written

    def _write_name(self, person: Person, on: date, medium: Medium) -> Written:
        rng, happens = self._rng, self._mistakes.happens
        last, first, middle = self._surname(person, on), person.first_name, person.middle_name
        if medium == "desk":
            if happens("missing_patronymic"):
                middle = ""
        elif rng.random() < (0.8 if medium == "web" else 0.9):
            middle = ""
        called = diminutives(first, person.gender)
        if called and happens("diminutive"):
            first, middle = rng.choice(called), ""
        if "ё" in (last + first).lower() and happens("yo_spelling"):
            last, first = (name.replace("ё", "е").replace("Ё", "Е") for name in (last, first))
        if happens("surname_typo"):
            last = with_typo(rng, last)
        if happens("first_name_typo"):
            first = with_typo(rng, first)
        if medium == "desk" and happens("initials"):
            first, middle = f"{first[0]}.", f"{middle[0]}." if middle else ""
        last, first, middle = self._write_in_latin(last, first, middle)
        is_swapped = happens("swapped_name_order")
        return Written(
            last_name=last,
            first_name=first,
            middle_name=middle,
            is_first_name_first=(medium != "desk") != is_swapped,
            is_swapped=is_swapped,
        )

    def _surname(self, person: Person, on: date) -> str:
        happens, surname, gender = self._mistakes.happens, person.surname, person.gender
        if person.maiden_surname and person.married_on and on < person.married_on and happens("married_name"):
            surname = person.maiden_surname
        if surname.masculine != surname.feminine and happens("gender_form"):
            gender = "m" if gender == "f" else "f"
        return surname.for_gender(gender)

    def _write_in_latin(self, *names: str) -> tuple[str, str, str]:
        if self._mistakes.happens("transliteration"):
            scheme = self._rng.randrange(len(LATIN_SCHEMES))
            names = tuple(transliterate(name, scheme) for name in names)
        elif self._mistakes.happens("keyboard_layout"):
            names = tuple(in_other_layout(name) for name in names)
        last, first, middle = names
        return last, first, middle

    def _write_contacts(
        self, written: Written, person: Person, on: date, centre: Centre, medium: Medium, advisor: Person
    ) -> Written:
        rng, happens = self._rng, self._mistakes.happens
        email = "" if medium == "phone" or happens("email_missing") else self._write_email(person)
        if medium != "web" and happens("advisor_contacts"):
            phone = styled_phone(advisor.mobile, _usual_style(centre))
            return replace(written, phone=phone, email=email and advisor.email, phone_of="nobody", is_email_own=False)
        if medium == "desk" and happens("phone_missing"):
            return replace(written, email=email, phone_of="nobody")
        if medium == "desk" and happens("dealer_phone"):
            phone = styled_phone(rng.choice(centre.own_phones), _usual_style(centre))
            return replace(written, phone=phone, email=email, phone_of="nobody")
        if happens("placeholder_phone"):
            return replace(written, phone=rng.choice(PLACEHOLDER_PHONES), email=email, phone_of="nobody")
        phone, is_own = self._choose_phone(person, on)
        cell = self._write_phone(phone, _usual_style(centre))
        second = person.home_phone or person.old_mobile
        if second and second != phone and happens("two_phones"):
            cell = f"{cell}, {styled_phone(second, _usual_style(centre))}"
            second = ""
        has_second = bool(second) and second != phone and medium == "desk" and rng.random() < 0.4
        return replace(
            written,
            phone=cell,
            phone_2=styled_phone(second, _usual_style(centre)) if has_second else "",
            email=email,
            phone_of="own" if is_own else "household",
        )

    def _choose_phone(self, person: Person, on: date) -> tuple[str, bool]:
        phone, is_own = person.mobile, True
        if person.phone_changed_on and on < person.phone_changed_on and self._mistakes.happens("phone_changed"):
            phone = person.old_mobile
        family = [other for other in self._population.persons_of(person.household_id) if other is not person]
        if (family or person.home_phone) and self._mistakes.happens("household_phone"):
            phone = self._rng.choice(
                [other.mobile for other in family] + ([person.home_phone] if person.home_phone else [])
            )
            is_own = False
        return phone, is_own

    def _write_phone(self, phone: str, usual_style: int) -> str:
        rng, happens = self._rng, self._mistakes.happens
        if happens("phone_typo"):
            phone = with_wrong_digit(rng, phone)
        if happens("excel_float_phone"):
            return f"{phone[1:]}.0"
        return styled_phone(phone, usual_style + (rng.randrange(1, 6) if happens("phone_format") else 0))

    def _write_email(self, person: Person) -> str:
        if self._mistakes.happens("email_typo"):
            return email_typo(self._rng, person.email)
        if self._mistakes.happens("email_alias"):
            return email_alias(self._rng, person.email)
        return person.email

    def _write_birth_date(self, written: Written, person: Person) -> Written:
        happens, born = self._mistakes.happens, person.birth_date
        if happens("birth_date_missing"):
            return written
        if happens("birth_date_placeholder"):
            return replace(written, birth_date=self._rng.choice(PLACEHOLDER_BIRTH_DATES))
        if born.day <= 12 and born.day != born.month and happens("birth_date_swapped"):
            return replace(written, birth_date=born.replace(day=born.month, month=born.day))
        if happens("birth_date_digit"):
            return replace(written, birth_date=birth_date_off_by_one_digit(self._rng, born))
        return replace(written, birth_date=born)

    def _write_address(self, written: Written, address: Address) -> Written:
        if self._mistakes.happens("address_missing"):
            return written
        rng, place = self._rng, address.place
        if self._mistakes.happens("address_variant"):
            text = rng.choice(("{}, {}-{}", "улица {}, дом {}, квартира {}", "{} ул., {}, кв.{}", "ул.{} д.{} кв.{}"))
        else:
            text = "ул. {}, д. {}, кв. {}"
        return replace(
            written,
            address=text.format(address.street, address.house, address.flat),
            city=place.city,
            region=place.region,
            postal_code=address.postal_code,
        )


def _usual_style(centre: Centre) -> int:
    return int(centre.dealer_code[1:]) - 1
