from collections import Counter
from datetime import date

from demo.generate import DemoGroup
from demo.population import TODAY


def test_spouses_share_a_household_and_bear_the_surname_in_their_own_form(large_group: DemoGroup) -> None:
    couples = [members[:2] for members in large_group.population.households.values() if len(members) > 1]
    of_one_name = [couple for couple in couples if couple[0].surname == couple[1].surname]

    assert 0.75 < len(of_one_name) / len(couples) < 0.95
    assert all(husband.address == wife.address for husband, wife in couples)
    assert any(husband.last_name != wife.last_name for husband, wife in of_one_name)


def test_children_have_the_patronymic_of_their_father(large_group: DemoGroup) -> None:
    families = [members for members in large_group.population.households.values() if len(members) > 2]

    assert families
    for father, _, *children in families:
        for child in children:
            assert child.surname == father.surname
            assert child.middle_name[:2] == father.first_name.replace("ё", "е")[:2]
            assert child.birth_date > father.birth_date


def test_there_are_namesakes_born_on_different_days(large_group: DemoGroup) -> None:
    people = large_group.population.persons
    names = Counter((person.last_name, person.first_name, person.middle_name) for person in people)
    twice = {name for name, count in names.items() if count > 1}
    born: dict[tuple[str, str, str], set[date]] = {}
    for person in people:
        born.setdefault((person.last_name, person.first_name, person.middle_name), set()).add(person.birth_date)

    assert len(twice) > 10
    assert all(len(born[name]) > 1 for name in twice)


def test_there_are_twins_of_one_surname_and_birth_date_with_two_first_names(large_group: DemoGroup) -> None:
    twins = Counter((person.household_id, person.birth_date) for person in large_group.population.persons)
    pairs = [key for key, count in twins.items() if count > 1]

    assert pairs
    for household_id, born in pairs:
        members = [p for p in large_group.population.persons_of(household_id) if p.birth_date == born]
        assert len({member.first_name for member in members}) == len(members)


def test_no_mobile_number_and_no_mailbox_is_given_twice(large_group: DemoGroup) -> None:
    people = large_group.population.persons

    assert len({person.mobile for person in people}) == len(people)
    assert len({person.email for person in people}) == len(people)


def test_everybody_is_grown_up(large_group: DemoGroup) -> None:
    assert max(person.birth_date for person in large_group.population.persons) < TODAY.replace(year=TODAY.year - 18)


def test_there_are_companies_of_every_kind_and_a_leasing_company(large_group: DemoGroup) -> None:
    companies = large_group.population.companies

    assert {company.legal_form for company in companies} == {"ООО", "АО", "ИП"}
    assert any(company.is_leasing for company in companies)
    assert any(company.fleet_size > 3 for company in companies)


def test_every_centre_has_staff_who_live_nearby(large_group: DemoGroup) -> None:
    staff = large_group.population.staff

    assert sorted(staff) == ["d01", "d02", "d03", "d04", "d05", "d06"]
    for dealer_code, people in staff.items():
        assert all(person.employer == dealer_code for person in people)
        assert all(dealer_code in person.address.place.dealer_codes for person in people)
