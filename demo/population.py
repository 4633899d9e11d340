"""Draws the population of the demo group: households, namesakes, companies and the centres' staff."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import accumulate

from demo.names import (
    Surname,
    draw_father,
    draw_first_name,
    draw_surname,
    father_named,
    patronymic,
    read_data,
)
from demo.people import Address, Company, Person, Place, Population, places
from demo.spelling import passport_latin
from demo.tax_numbers import company_tax_number, person_tax_number

MOBILE_CODES = ("903", "905", "909", "910", "912", "914", "916", "917", "919", "922", "924", "926", "950", "951", "963")
MAIL_DOMAINS = (("mail.ru", 38), ("yandex.ru", 30), ("gmail.com", 18), ("bk.ru", 5), ("rambler.ru", 5), ("inbox.ru", 4))
TAX_REGIONS = (25, 27, 50, 66, 74, 77)
TODAY = date(2026, 3, 1)  # the day before the first night
STAFF_PER_DEALER = 6
NAMESAKES_PER_PERSON = 0.012
COMPANIES_PER_PERSON = 0.03


class PeopleMaker:
    """Draws households and companies one after another; numbers and addresses are given once."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._places, self._place_weights = places()
        streets = list(read_data("streets.csv"))
        self._streets = [row["street"] for row in streets]
        self._street_weights = list(accumulate(int(row["weight"]) for row in streets))
        self._given_phones: set[str] = set()
        self._given_mails: set[str] = set()
        self.population = Population()

    def draw_address(self, place: Place | None = None) -> Address:
        """An address in the place, or in one drawn by weight."""
        rng = self._rng
        where = place or rng.choices(self._places, cum_weights=self._place_weights)[0]
        house = str(rng.randrange(1, 120)) + (rng.choice("АБВ") if rng.random() < 0.1 else "")
        street = rng.choices(self._streets, cum_weights=self._street_weights)[0]
        return Address(where, street, house, rng.randrange(1, 180), f"{where.postal_prefix}{rng.randrange(1000):03d}")

    def draw_mobile(self) -> str:
        """A mobile number in E.164 that nobody has yet."""
        while True:
            phone = f"+7{self._rng.choice(MOBILE_CODES)}{self._rng.randrange(1_000_000, 10_000_000)}"
            if len(set(phone[5:])) > 2 and phone not in self._given_phones:
                self._given_phones.add(phone)
                return phone

    def draw_landline(self, place: Place) -> str:
        """A land line of the place in E.164."""
        return f"+7{place.area_code}{self._rng.randrange(2_000_000, 8_000_000)}"

    def draw_email(self, first_name: str, last_name: str, birth_date: date) -> str:
        """An address in lower case that nobody has yet."""
        rng = self._rng
        first, last = (passport_latin(name).lower() for name in (first_name, last_name))
        domain = rng.choices([name for name, _ in MAIL_DOMAINS], [weight for _, weight in MAIL_DOMAINS])[0]
        stem = rng.choice(
            (f"{first}.{last}", f"{last}{birth_date:%y}", f"{first[0]}{last}", f"{last}.{first[0]}{birth_date.year}")
        )
        email = f"{stem}@{domain}"
        while email in self._given_mails:
            email = f"{stem}{rng.randrange(1000)}@{domain}"
        self._given_mails.add(email)
        return email

    def add_person(
        self,
        gender: str,
        surname: Surname,
        middle_name: str,
        birth_date: date,
        address: Address,
        household_id: str,
        home_phone: str,
    ) -> Person:
        """A new person of the household."""
        rng = self._rng
        first_name = draw_first_name(rng, gender).text
        person = Person(
            person_id=f"p{len(self.population.persons) + 1:06d}",
            gender=gender,
            surname=surname,
            first_name=first_name,
            middle_name=middle_name,
            birth_date=birth_date,
            mobile=self.draw_mobile(),
            email=self.draw_email(first_name, surname.for_gender(gender), birth_date),
            address=address,
            household_id=household_id,
            home_phone=home_phone,
            tax_id=person_tax_number(rng, rng.choice((25, 27, 50, 66, 74, 77))),
        )
        if rng.random() < 0.12:
            person.old_mobile = self.draw_mobile()
            person.phone_changed_on = TODAY - timedelta(days=rng.randrange(30, 1000))
        self.population.add_person(person)
        return person

    def draw_birth_date(self, youngest: int = 20, oldest: int = 75) -> date:
        """A birth date of somebody between the two ages."""
        age = min(oldest, max(youngest, round(self._rng.gauss(42, 13))))
        return date(TODAY.year - age, 1, 1) + timedelta(days=self._rng.randrange(-364, 1))

    def add_household(self) -> list[Person]:
        """One to four people under one roof: alone, a couple, a couple with grown children (some of them twins)."""
        rng = self._rng
        household_id = f"h{len(self.population.persons) + 1:06d}"
        address, surname = self.draw_address(), draw_surname(rng)
        home_phone = self.draw_landline(address.place) if rng.random() < 0.3 else ""
        kind = rng.random()
        first_gender = "m" if kind >= 0.45 or rng.random() < 0.62 else "f"
        born = self.draw_birth_date(46 if kind >= 0.8 else 20)
        head = self.add_person(
            first_gender, surname, patronymic(draw_father(rng), first_gender), born, address, household_id, home_phone
        )
        members = [head]
        if kind >= 0.45:
            members.append(self._add_wife(head))
        if kind >= 0.8:
            members.extend(self._add_children(head))
        return members

    def _add_wife(self, husband: Person) -> Person:
        rng = self._rng
        own = draw_surname(rng)
        keeps_own = rng.random() < 0.15
        born = husband.birth_date + timedelta(days=rng.randrange(-1000, 2200))
        wife = self.add_person(
            "f",
            own if keeps_own else husband.surname,
            patronymic(draw_father(rng), "f"),
            min(born, TODAY - timedelta(days=365 * 19)),
            husband.address,
            husband.household_id,
            husband.home_phone,
        )
        if not keeps_own and rng.random() < 0.15:
            wife.maiden_surname = own
            wife.married_on = TODAY - timedelta(days=rng.randrange(60, 1000))
        return wife

    def _add_children(self, father: Person) -> list[Person]:
        rng = self._rng
        name = father_named(father.first_name)
        if name is None:
            return []
        children: list[Person] = []
        born = TODAY - timedelta(days=rng.randrange(365 * 20, 365 * 26))
        for number in range(rng.choice((1, 1, 1, 2))):
            is_twin = number > 0 and rng.random() < 0.15
            gender = rng.choice("mf")
            child = self.add_person(
                gender,
                father.surname,
                patronymic(name, gender),
                born if is_twin else born + timedelta(days=400 * number),
                father.address,
                father.household_id,
                father.home_phone,
            )
            while any(child.first_name == other.first_name for other in children):
                child.first_name = draw_first_name(rng, gender).text
            children.append(child)
        return children

    def add_namesake(self, other: Person) -> Person:
        """Somebody of the same full name as another person, born on another day, living elsewhere."""
        address = self.draw_address()
        namesake = self.add_person(
            other.gender,
            other.surname,
            other.middle_name,
            self.draw_birth_date(),
            address,
            f"h{len(self.population.persons) + 1:06d}",
            "",
        )
        namesake.first_name = other.first_name
        namesake.email = self.draw_email(other.first_name, other.last_name, namesake.birth_date)
        return namesake

    def add_company(
        self, legal_form: str, name: str, contact: Person, fleet_size: int, *, is_leasing: bool = False
    ) -> None:
        """A company that the contact person speaks for; a sole trader (ИП) is known by his own name."""
        rng = self._rng
        domain = passport_latin(name.split()[0]).lower()
        region = rng.choice(TAX_REGIONS)
        number = person_tax_number(rng, region) if legal_form == "ИП" else company_tax_number(rng, region)
        self.population.companies.append(
            Company(
                company_id=f"c{len(self.population.companies) + 1:05d}",
                legal_form=legal_form,
                name=name,
                tax_id=number,
                phone=self.draw_landline(contact.address.place),
                email=f"info@{domain}{len(self.population.companies) + 1}.example",
                address=self.draw_address(contact.address.place),
                contact=contact,
                fleet_size=fleet_size,
                is_leasing=is_leasing,
            )
        )

    def add_staff(self, dealer_codes: tuple[str, ...]) -> None:
        """Every centre's salespeople and advisors, who live nearby and may be customers themselves."""
        for dealer_code in dealer_codes:
            near = [place for place in self._places if place.dealer_codes[0] == dealer_code] or [
                place for place in self._places if dealer_code in place.dealer_codes
            ]
            staff: list[Person] = []
            for _ in range(STAFF_PER_DEALER):
                gender = self._rng.choice("mmf")
                person = self.add_person(
                    gender,
                    draw_surname(self._rng),
                    patronymic(draw_father(self._rng), gender),
                    self.draw_birth_date(22, 55),
                    self.draw_address(near[0]),
                    f"h{len(self.population.persons) + 1:06d}",
                    "",
                )
                person.employer = dealer_code
                staff.append(person)
            self.population.staff[dealer_code] = staff


def draw_population(rng: random.Random, customers: int, dealer_codes: tuple[str, ...]) -> Population:
    """About `customers` persons with their companies, and the staff of the centres beside them."""
    maker = PeopleMaker(rng)
    maker.add_staff(dealer_codes)
    persons = maker.population.persons
    wanted = customers + len(persons)
    while len(persons) < wanted:
        maker.add_household()
        if rng.random() < NAMESAKES_PER_PERSON * 2:
            maker.add_namesake(rng.choice(persons))
    stems = [row["stem"] for row in read_data("company_stems.csv")]
    for number in range(max(4, round(customers * COMPANIES_PER_PERSON))):
        contact = rng.choice(persons)
        if rng.random() < 0.3:
            name = f"{contact.last_name} {contact.first_name} {contact.middle_name}"
            maker.add_company("ИП", name, contact, 1)
        else:
            name = f"{rng.choice(stems)}{rng.choice(('', '', '-Сервис', '-Трейд', ' Плюс', ' Групп'))}"
            maker.add_company("АО" if rng.random() < 0.1 else "ООО", name, contact, rng.choice((1, 1, 2, 3, 8)))
        if number % 40 == 0:
            maker.add_company("ООО", f"{rng.choice(stems)}-Лизинг", rng.choice(persons), 12, is_leasing=True)
    return maker.population
