"""How a name gets misspelt: slips of the fingers, Latin letters, a keyboard in the other layout."""

from __future__ import annotations

import random

# Three ways in which Russian names are written in Latin letters: passports, GOST 7.79 (system B), and by ear.
_PASSPORT = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y  e iu ia".split(" "),
        strict=True,
    )
)
_GOST = _PASSPORT | {
    "ё": "yo",
    "й": "j",
    "х": "x",
    "ц": "cz",
    "щ": "shh",
    "ъ": "",
    "ы": "y",
    "э": "e",
    "ю": "yu",
    "я": "ya",
}
_BY_EAR = _PASSPORT | {
    "ё": "yo",
    "й": "y",
    "х": "h",
    "ц": "ts",
    "щ": "sch",
    "ъ": "",
    "ы": "y",
    "э": "e",
    "ю": "yu",
    "я": "ya",
}
LATIN_SCHEMES = (_PASSPORT, _GOST, _BY_EAR)

_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_OTHER_LAYOUT = dict(zip(_RUSSIAN_KEYS, _LATIN_KEYS, strict=True))

_ROWS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS_BY_EAR = {"а": "о", "о": "а", "е": "и", "и": "е", "я": "е"}

# Shares of insertion, deletion, substitution and transposition, from Peterson 1986 (the first of its two studies).
_SLIPS = ("insert", "delete", "substitute", "transpose")
_SLIP_WEIGHTS = (18.7, 31.6, 40.0, 2.6)


def _in_case_of(model: str, text: str) -> str:
    return text.capitalize() if model[:1].isupper() else text


def _latin(name: str, letters: dict[str, str]) -> str:
    return "".join(_in_case_of(letter, letters.get(letter.lower(), letter)) for letter in name)


def passport_latin(name: str) -> str:
    """A name in Latin letters as a Russian passport spells it."""
    return _latin(name, _PASSPORT)


def transliterate(name: str, scheme: int) -> str:
    """A name in Latin letters by one of `LATIN_SCHEMES`."""
    return _latin(name, LATIN_SCHEMES[scheme])


def in_other_layout(name: str) -> str:
    """A Russian name typed while the keyboard was switched to Latin."""
    return "".join(_in_case_of(letter, _OTHER_LAYOUT.get(letter.lower(), letter)) for letter in name)


def _neighbour(rng: random.Random, letter: str) -> str:
    if letter in _VOWELS_BY_EAR and rng.random() < 0.5:
        return _VOWELS_BY_EAR[letter]
    for row in _ROWS:
        if letter in row:
            place = row.index(letter)
            return rng.choice([row[near] for near in (place - 1, place + 1) if 0 <= near < len(row)])
    return letter


def with_typo(rng: random.Random, word: str) -> str:
    """The word with one slip of the fingers, seldom in its first letter; words under three letters stay as they are."""
    if len(word) < 3:
        return word
    place = rng.randrange(0 if rng.random() < 0.08 else 1, len(word) - 1)
    letter = word[place].lower()
    slip = rng.choices(_SLIPS, _SLIP_WEIGHTS)[0]
    if slip == "insert":
        typed = word[: place + 1] + (letter if rng.random() < 0.5 else _neighbour(rng, letter)) + word[place + 1 :]
    elif slip == "delete":
        typed = word[:place] + _in_case_of(word[place], word[place + 1]) + word[place + 2 :]
    elif slip == "substitute":
        typed = word[:place] + _in_case_of(word[place], _neighbour(rng, letter)) + word[place + 1 :]
    else:
        typed = word[:place] + _in_case_of(word[place], word[place + 1]) + letter + word[place + 2 :]
    return typed if typed != word else word + word[-1]
