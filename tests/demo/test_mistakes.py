import random
from datetime import date

import pytest

from demo.generate import DemoGroup
from demo.mistakes import (
    Mistakes,
    birth_date_off_by_one_digit,
    email_alias,
    email_typo,
    legal_name,
    read_profile,
    styled_phone,
    vin_in_cyrillic,
    vin_typo,
    with_wrong_digit,
)
from demo.names import read_data

KINDS = sorted(read_profile("default"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_mistake_is_made_at_about_its_rate(large_group: DemoGroup, kind: str) -> None:
    mistakes = large_group.mistakes
    occasions, rate = mistakes.occasions[kind], mistakes.rates[kind]
    deviation = (occasions * rate * (1 - rate)) ** 0.5

    assert occasions > 0
    assert abs(mistakes.made[kind] - occasions * rate) < max(4 * deviation, 4)


@pytest.mark.parametrize("profile", ["default", "judging"])
def test_every_rate_of_a_profile_is_a_share_and_names_its_source(profile: str) -> None:
    for row in read_data(f"error_profile_{profile}.csv"):
        assert 0 < float(row["rate"]) < 1
        assert len(row["source"]) >= len("assumption")


def test_both_profiles_know_the_same_kinds_with_other_rates() -> None:
    default, judging = read_profile("default"), read_profile("judging")

    assert default.keys() == judging.keys()
    assert all(default[kind] != judging[kind] for kind in default)


def test_a_kind_without_a_rate_is_an_error() -> None:
    with pytest.raises(KeyError):
        Mistakes(random.Random(1), "default").happens("no such kind")


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (0, "+7 (916) 123-45-67"),
        (1, "89161234567"),
        (2, "8 (916) 123-45-67"),
        (3, "+79161234567"),
        (4, "9161234567"),
        (5, "8-916-123-45-67"),
        (6, "+7 (916) 123-45-67"),
    ],
)
def test_a_phone_is_written_in_the_style(style: int, expected: str) -> None:
    assert styled_phone("+79161234567", style) == expected


def test_a_wrong_digit_leaves_a_number_of_the_same_length() -> None:
    rng = random.Random(1)
    for _ in range(300):
        typed = with_wrong_digit(rng, "+79161234567")
        assert typed != "+79161234567"
        assert len(typed) == 12
        assert typed.startswith("+7916")


def test_a_birth_date_off_by_one_digit_differs_and_is_a_date() -> None:
    rng = random.Random(1)
    for born in (date(1980, 2, 29), date(1975, 12, 31), date(1990, 5, 9)):
        assert all(birth_date_off_by_one_digit(rng, born) != born for _ in range(50))


def test_an_alias_is_the_same_mailbox_spelt_otherwise_and_a_typo_is_not() -> None:
    rng = random.Random(1)
    spellings = {email_alias(rng, "anna.petrova@yandex.ru") for _ in range(100)}

    assert "anna-petrova@ya.ru" in spellings
    assert "anna.petrova@yandex.ru" not in spellings
    assert all(email_typo(rng, "anna.petrova@mail.ru") != "anna.petrova@mail.ru" for _ in range(50))


def test_look_alike_letters_of_a_vin_become_cyrillic() -> None:
    assert vin_in_cyrillic("XTAGFK330JY144213") == "ХТАGFК330JУ144213"


def test_a_vin_with_a_typo_is_another_text() -> None:
    rng = random.Random(1)

    assert all(vin_typo(rng, "XTAGFK330JY144213") != "XTAGFK330JY144213" for _ in range(100))


def test_a_company_is_written_with_its_legal_form_or_in_a_variant_of_it() -> None:
    rng = random.Random(1)

    assert legal_name(rng, "ООО", "Вектор", is_variant=False) == "ООО «Вектор»"
    variants = {legal_name(rng, "ООО", "Вектор", is_variant=True) for _ in range(200)}
    assert "ООО «Вектор»" not in variants
    assert "OOO «Вектор»" in variants
    assert all("Вектор" in name for name in variants)
