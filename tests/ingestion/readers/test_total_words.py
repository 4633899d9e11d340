"""Words by which a row says that it is one of totals."""

from __future__ import annotations

import pytest

from ingestion.readers.total_words import total_cell


@pytest.mark.parametrize(
    "word",
    ["Итого", "ВСЕГО:", "Grand Total", "Gesamt", "Gesamtsumme", "Razem", "Ogółem", "Genel Toplam", "Барлығы", "Жиыны"],
)
def test_a_total_is_known_in_the_languages_of_dealers(word: str) -> None:
    assert total_cell([None, word, None, "300,50", None]) == 1


@pytest.mark.parametrize("name", ["Gesamtschule", "Sumarokow", "Razemow", "Totalow"])
def test_a_name_that_begins_so_is_none(name: str) -> None:
    assert total_cell([name, None, None, "300,50", None]) is None
