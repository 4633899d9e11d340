import random

import pytest

from demo.generate import DemoGroup
from demo.tax_numbers import company_tax_number, is_valid_tax_number, person_tax_number


@pytest.mark.parametrize("number", ["7707083893", "7736050003", "500100732259"])
def test_numbers_with_right_check_digits_are_valid(number: str) -> None:
    assert is_valid_tax_number(number)


@pytest.mark.parametrize("number", ["7707083894", "500100732258", "500100732269", "770708389", "77070838AB", ""])
def test_numbers_with_a_wrong_digit_or_length_are_not_valid(number: str) -> None:
    assert not is_valid_tax_number(number)


def test_drawn_numbers_are_valid_and_of_their_length() -> None:
    rng = random.Random(1)
    for region in (1, 50, 77):
        company, person = company_tax_number(rng, region), person_tax_number(rng, region)
        assert (len(company), len(person)) == (10, 12)
        assert is_valid_tax_number(company)
        assert is_valid_tax_number(person)


def test_everybody_in_the_group_has_a_valid_number_and_companies_one_of_their_kind(large_group: DemoGroup) -> None:
    population = large_group.population

    assert all(is_valid_tax_number(person.tax_id) for person in population.persons)
    assert all(is_valid_tax_number(company.tax_id) for company in population.companies)
    assert {(company.legal_form == "ИП", len(company.tax_id)) for company in population.companies} == {
        (True, 12),
        (False, 10),
    }
