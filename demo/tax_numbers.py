"""Tax numbers (ИНН) with valid check digits."""

from __future__ import annotations

import random

_COMPANY_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def _check_digit(digits: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 % 10)


def company_tax_number(rng: random.Random, region: int) -> str:
    """A company's ten-digit number, registered in the region (1 to 99)."""
    digits = f"{region:02d}{rng.randrange(1, 100):02d}{rng.randrange(10_000, 100_000)}"
    return digits + _check_digit(digits, _COMPANY_WEIGHTS)


def person_tax_number(rng: random.Random, region: int) -> str:
    """A person's twelve-digit number, registered in the region (1 to 99)."""
    digits = f"{region:02d}{rng.randrange(1, 100):02d}{rng.randrange(100_000, 1_000_000)}"
    digits += _check_digit(digits, _PERSON_WEIGHTS_11)
    return digits + _check_digit(digits, _PERSON_WEIGHTS_12)


def is_valid_tax_number(number: str) -> bool:
    """Whether ten or twelve digits end in the check digits they should."""
    if not number.isdigit():
        return False
    if len(number) == 10:
        return number[9] == _check_digit(number[:9], _COMPANY_WEIGHTS)
    if len(number) == 12:
        return number[10] == _check_digit(number[:10], _PERSON_WEIGHTS_11) and number[11] == _check_digit(
            number[:11], _PERSON_WEIGHTS_12
        )
    return False
