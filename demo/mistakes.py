"""What goes wrong when people are written down: kinds of mistakes with their rates, and how each one is made."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from itertools import pairwise

from demo.names import read_data

PLACEHOLDER_PHONES = ("+7 (999) 999-99-99", "+7 (900) 000-00-00", "+7 000 000 00 00", "нет", "-", "0")
PLACEHOLDER_BIRTH_DATES = (date(1900, 1, 1), date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1))
PHONE_STYLES = (
    "+7 ({0}) {1}-{2}-{3}",
    "8{0}{1}{2}{3}",
    "8 ({0}) {1}-{2}-{3}",
    "+7{0}{1}{2}{3}",
    "{0}{1}{2}{3}",
    "8-{0}-{1}-{2}-{3}",
)

_LATIN_TO_CYRILLIC = str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ")
_LEGAL_FORMS = {
    "ООО": (
        "ООО «{}»",
        'ООО "{}"',
        "ООО {}",
        "{} ООО",
        'Общество с ограниченной ответственностью "{}"',
        "OOO «{}»",  # Latin letters
        "«{}»",
    ),
    "АО": ("АО «{}»", 'АО "{}"', "{} АО", 'Акционерное общество "{}"'),
    "ИП": ("ИП {}", "Индивидуальный предприниматель {}", "{} ИП", "ИП. {}"),
}


class Mistakes:
    """Decides by a profile of rates which mistakes are made, and counts the occasions and the mistakes of each kind."""

    def __init__(self, rng: random.Random, profile: str) -> None:
        self._rng = rng
        self.rates = read_profile(profile)
        self.occasions: Counter[str] = Counter()
        self.made: Counter[str] = Counter()

    def happens(self, kind: str) -> bool:
        """Whether a mistake of the kind is made on this occasion.

        Raises:
            KeyError: the profile holds no rate for the kind.
        """
        self.occasions[kind] += 1
        is_made = self._rng.random() < self.rates[kind]
        self.made[kind] += is_made
        return is_made


def read_profile(profile: str) -> dict[str, float]:
    """The rate of every kind of mistake in `error_profile_<profile>.csv`."""
    return {row["kind"]: float(row["rate"]) for row in read_data(f"error_profile_{profile}.csv")}


def styled_phone(phone: str, style: int) -> str:
    """A Russian number in E.164 as one of `PHONE_STYLES` writes it."""
    digits = phone[2:]
    return PHONE_STYLES[style % len(PHONE_STYLES)].format(digits[:3], digits[3:6], digits[6:8], digits[8:])


def with_wrong_digit(rng: random.Random, digits: str) -> str:
    """The text with one digit of its second half replaced, or two neighbours exchanged."""
    places = [place for place, sign in enumerate(digits) if sign.isdigit()]
    later = places[len(places) // 2 :]
    swaps = [(one, other) for one, other in pairwise(later) if digits[one] != digits[other] and other == one + 1]
    signs = list(digits)
    if swaps and rng.random() < 0.4:
        one, other = rng.choice(swaps)
        signs[one], signs[other] = signs[other], signs[one]
    else:
        place = rng.choice(later)
        signs[place] = rng.choice([digit for digit in "0123456789" if digit != signs[place]])
    return "".join(signs)


def email_alias(rng: random.Random, email: str) -> str:
    """Another spelling of the same mailbox."""
    name, domain = email.split("@")
    if domain == "yandex.ru" and rng.random() < 0.7:
        return f"{name.replace('.', '-')}@{rng.choice(('ya.ru', 'yandex.ru'))}"
    if domain == "gmail.com" and rng.random() < 0.5:
        return f"{name}+avto@{domain}"
    return f"{name.capitalize()}@{domain.upper() if rng.random() < 0.3 else domain}"


def email_typo(rng: random.Random, email: str) -> str:
    """A mailbox that does not exist: a letter left out, or a domain misspelt."""
    name, domain = email.split("@")
    if rng.random() < 0.5:
        place = rng.randrange(1, len(name))
        return f"{name[:place]}{name[place + 1 :]}@{domain}"
    return f"{name}@{domain.replace('mail', 'mial').replace('yandex', 'yandx').replace('.ru', '.ry')}"


def birth_date_off_by_one_digit(rng: random.Random, born: date) -> date:
    """A birth date with one digit of its day or its year replaced; still a date."""
    if rng.random() < 0.5:
        return born.replace(year=born.year + rng.choice((-10, -1, 1, 10)), day=min(born.day, 28))
    return born.replace(day=born.day + 10 if born.day <= 18 else born.day - 10)


def vin_in_cyrillic(vin: str) -> str:
    """A VIN with the look-alike letters of a Russian keyboard."""
    return vin.translate(_LATIN_TO_CYRILLIC)


def vin_typo(rng: random.Random, vin: str) -> str:
    """A VIN with a sign left out, doubled, or an O or I where a digit belongs."""
    slip = rng.randrange(3)
    if slip == 0:
        place = rng.randrange(4, len(vin))
        return vin[:place] + vin[place + 1 :]
    if slip == 1 and "0" in vin:
        return vin.replace("0", "O", 1)
    return with_wrong_digit(rng, vin)


def legal_name(rng: random.Random, legal_form: str, name: str, *, is_variant: bool) -> str:
    """A company's name with its legal form, in the usual spelling or in another one."""
    forms = _LEGAL_FORMS[legal_form]
    return (rng.choice(forms[1:]) if is_variant else forms[0]).format(name)
