import random
from collections import Counter

import pytest

from demo.names import diminutives, draw_first_name, draw_surname, father_named, first_names, patronymic, surnames


def test_first_names_follow_their_frequency() -> None:
    rng = random.Random(1)
    drawn = Counter(draw_first_name(rng, "m").text for _ in range(20_000))
    names, cumulated = first_names("m")

    for place in range(5):
        count = cumulated[place] - (cumulated[place - 1] if place else 0)
        assert drawn[names[place].text] / 20_000 == pytest.approx(count / cumulated[-1], rel=0.15)


def test_the_thirty_most_frequent_names_cover_most_people() -> None:
    _, cumulated = first_names("f")

    assert 0.6 < cumulated[29] / cumulated[-1] < 0.9


def test_surnames_follow_their_frequency() -> None:
    rng = random.Random(1)
    drawn = Counter(draw_surname(rng).masculine for _ in range(50_000))
    names, cumulated = surnames()

    assert drawn[names[0].masculine] / 50_000 == pytest.approx(cumulated[0] / cumulated[-1], rel=0.2)


@pytest.mark.parametrize(("masculine", "feminine"), [("Иванов", "Иванова"), ("Шевченко", "Шевченко")])
def test_a_surname_has_the_form_of_its_gender(masculine: str, feminine: str) -> None:
    surname = next(name for name in surnames()[0] if name.masculine == masculine)

    assert (surname.for_gender("m"), surname.for_gender("f")) == (masculine, feminine)


@pytest.mark.parametrize(
    ("father", "gender", "expected"),
    [("Николай", "m", "Николаевич"), ("Илья", "f", "Ильинична"), ("Иван", "f", "Ивановна")],
)
def test_a_patronymic_comes_from_the_father(father: str, gender: str, expected: str) -> None:
    name = father_named(father)

    assert name is not None
    assert patronymic(name, gender) == expected


def test_nobody_has_a_patronymic_of_an_unknown_name() -> None:
    assert father_named("Аэлита") is None


def test_diminutives_depend_on_the_gender() -> None:
    assert "Саша" in diminutives("Александр", "m")
    assert "Лёша" in diminutives("Алексей", "m")
    assert "Лёша" not in diminutives("Александра", "f")
    assert diminutives("Невсебе", "m") == ()
