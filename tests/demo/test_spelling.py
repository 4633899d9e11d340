import random
from collections import Counter

import pytest

from demo.spelling import in_other_layout, passport_latin, transliterate, with_typo


@pytest.mark.parametrize(
    ("name", "scheme", "expected"),
    [
        ("Щёголев", 0, "Shchegolev"),
        ("Щёголев", 1, "Shhyogolev"),
        ("Щёголев", 2, "Schyogolev"),
        ("Юлия", 0, "Iuliia"),
        ("Юлия", 2, "Yuliya"),
    ],
)
def test_a_name_is_written_in_latin_letters_by_scheme(name: str, scheme: int, expected: str) -> None:
    assert transliterate(name, scheme) == expected


def test_a_passport_spells_by_the_first_scheme() -> None:
    assert passport_latin("Кузнецова") == "Kuznetsova"


def test_a_name_typed_in_the_other_layout_is_what_the_keys_give() -> None:
    assert in_other_layout("Иванов") == "Bdfyjd"


def test_a_typo_changes_one_place_of_the_word() -> None:
    rng = random.Random(1)
    for word in ("Кузнецова", "Анна", "Лев"):
        for _ in range(200):
            typed = with_typo(rng, word)
            assert typed != word
            assert abs(len(typed) - len(word)) <= 1


def test_a_typo_is_seldom_in_the_first_letter() -> None:
    rng = random.Random(1)
    first = Counter(with_typo(rng, "Кузнецова")[0] for _ in range(3000))

    assert first["К"] / 3000 > 0.9


def test_words_of_two_letters_stay_as_they_are() -> None:
    assert with_typo(random.Random(1), "Ян") == "Ян"
