import random
from dataclasses import replace
from datetime import date

import pytest

from demo.centres import read_centres
from demo.clerk import TEST_CUSTOMER, Clerk, Medium, Written
from demo.mistakes import Mistakes
from demo.names import surnames
from demo.people import Company, Person, Population
from demo.population import draw_population

CENTRE = read_centres()["d02"]
POPULATION = draw_population(random.Random(1), 100, ("d01", "d02", "d03", "d04", "d05", "d06"))
ON = date(2025, 5, 5)


def person_of(gender: str, **changes: object) -> Person:
    person = next(p for p in POPULATION.persons if p.gender == gender and not p.old_mobile and not p.maiden_surname)
    named = next(surname for surname in surnames()[0] if surname.masculine == "Кузнецов")
    return replace(person, surname=named, **changes)  # type: ignore[arg-type]


def written(customer: Person | Company, *kinds: str, medium: Medium = "desk", on: date = ON) -> Written:
    """The customer as written when of all mistakes only those of the kinds are made, and they always."""
    mistakes = Mistakes(random.Random(1), "default")
    mistakes.rates = {kind: float(kind in kinds) for kind in mistakes.rates}
    population = Population(households=POPULATION.households)
    return Clerk(random.Random(1), mistakes, population).write_down(
        customer, on, CENTRE, medium, POPULATION.staff["d02"][0]
    )


def test_without_mistakes_a_customer_is_written_as_he_is() -> None:
    person = person_of("f", first_name="Анна", middle_name="Ивановна", birth_date=date(1980, 2, 3))

    as_written = written(person)

    assert as_written.full_name == "Кузнецова Анна Ивановна"
    assert as_written.birth_date == date(1980, 2, 3)
    assert as_written.phone.endswith(person.mobile[3:])
    assert as_written.email == person.email
    assert as_written.can_be_told


@pytest.mark.parametrize(
    ("kind", "full_name"),
    [
        ("swapped_name_order", "Фёдор Иванович Кузнецов"),
        ("missing_patronymic", "Кузнецов Фёдор"),
        ("initials", "Кузнецов Ф. И."),
        ("yo_spelling", "Кузнецов Федор Иванович"),
        ("keyboard_layout", "Repytwjd A`ljh Bdfyjdbx"),
        ("gender_form", "Кузнецова Фёдор Иванович"),
        ("diminutive", "Кузнецов Федя"),
    ],
)
def test_a_name_suffers_the_mistake(kind: str, full_name: str) -> None:
    person = person_of("m", first_name="Фёдор", middle_name="Иванович")

    assert written(person, kind).full_name == full_name


@pytest.mark.parametrize("kind", ["surname_typo", "first_name_typo", "transliteration"])
def test_a_misspelt_name_is_another_text(kind: str) -> None:
    person = person_of("m", first_name="Фёдор", middle_name="Иванович")

    assert written(person, kind).full_name != "Кузнецов Фёдор Иванович"


def test_a_wife_bears_her_maiden_name_before_the_wedding_only() -> None:
    maiden = next(surname for surname in surnames()[0] if surname.masculine == "Попов")
    wife = person_of("f", maiden_surname=maiden, married_on=date(2025, 6, 1))

    assert written(wife, "married_name", on=date(2025, 5, 31)).last_name == "Попова"
    assert written(wife, "married_name", on=date(2025, 6, 1)).last_name == "Кузнецова"


def test_an_old_number_is_given_before_the_change_only() -> None:
    person = person_of("m", mobile="+79161112233", old_mobile="+79034445566", phone_changed_on=date(2025, 6, 1))

    assert written(person, "phone_changed", on=date(2025, 5, 31)).phone == "89034445566"
    assert written(person, "phone_changed", on=date(2025, 6, 1)).phone == "89161112233"


def test_two_numbers_stand_in_one_cell() -> None:
    person = person_of("m", mobile="+79161112233", home_phone="+74951112233")

    assert written(person, "two_phones").phone == "89161112233, 84951112233"


@pytest.mark.parametrize(
    ("kind", "phone"),
    [("excel_float_phone", "79161112233.0"), ("phone_missing", ""), ("dealer_phone", "84957654321")],
)
def test_a_phone_cell_suffers_the_mistake(kind: str, phone: str) -> None:
    assert written(person_of("m", mobile="+79161112233"), kind).phone == phone


def test_an_advisor_types_his_own_phone_and_mailbox() -> None:
    advisor = POPULATION.staff["d02"][0]

    as_written = written(person_of("m"), "advisor_contacts", "birth_date_missing", "address_missing")

    assert as_written.phone.endswith(advisor.mobile[2:])
    assert as_written.email == advisor.email
    assert not replace(as_written, tax_id="").can_be_told


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("birth_date_missing", None),
        ("birth_date_swapped", date(1980, 3, 2)),
    ],
)
def test_a_birth_date_suffers_the_mistake(kind: str, expected: date | None) -> None:
    assert written(person_of("m", birth_date=date(1980, 2, 3)), kind).birth_date == expected


def test_a_placeholder_is_no_birth_date_of_anybody() -> None:
    as_written = written(person_of("m"), "birth_date_placeholder", "phone_missing", "email_missing", "address_missing")

    assert as_written.birth_date is not None
    assert as_written.birth_date.year in (1900, 1901, 1970)
    assert not replace(as_written, tax_id="").can_be_told


def test_on_the_web_people_write_their_first_name_first_and_no_birth_date() -> None:
    as_written = written(person_of("m", first_name="Пётр"), medium="web")

    assert as_written.full_name.startswith("Пётр ")
    assert as_written.birth_date is None
    assert as_written.address == ""


def test_a_company_stands_in_its_own_field_or_in_the_persons() -> None:
    company = next(company for company in POPULATION.companies if company.legal_form == "ООО")

    assert written(company).company_name == f"ООО «{company.name}»"
    in_person_field = written(company, "company_in_person_field")
    assert in_person_field.company_name == ""
    assert in_person_field.full_name == f"ООО «{company.name}»"


def test_a_shared_number_tells_who_is_meant_only_with_a_name() -> None:
    shared = Written(phone="+79161112233", phone_of="household")

    assert not shared.can_be_told
    assert replace(shared, first_name="Анна").can_be_told


def test_nobody_is_meant_by_a_test_record() -> None:
    assert not TEST_CUSTOMER.can_be_told
