"""The words by which a row says that it is one of totals."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = (
    r"\W*(?:итого|итог|всего|total|totals|grand total|sum total|gesamt|gesamtsumme|summe|razem|suma|ogółem|"
    r"toplam|genel toplam|барлығы|жиыны|жиынтығы)\b"
)
"""In Russian, English, German, Polish, Turkish and Kazakh."""
_TOTAL = re.compile(rf"{_WORDS}.{{0,40}}", re.IGNORECASE)
TOTAL_ALONE = re.compile(rf"{_WORDS}[\W\d]*", re.IGNORECASE)
"""A cell that says nothing but that, and perhaps a number."""


def total_cell(cells: Sequence[str | None]) -> int | None:
    """Where a row says that it is one of totals: the place of its first filled cell; None where it says no such thing.

    It begins with a word like «Итого» and leaves most cells empty. Somebody may be called so: only the columns tell
    whether it is one (`ingestion.total_rows`).
    """
    filled = filled_places(cells)
    is_total = 0 < len(filled) <= max(2, len(cells) // 2) and _TOTAL.fullmatch(trimmed(cells[filled[0]]))
    return filled[0] if is_total else None


def filled_places(cells: Sequence[str | None]) -> list[int]:
    """The places of the cells in which anything stands."""
    return [position for position, cell in enumerate(cells) if trimmed(cell)]


def trimmed(cell: str | None) -> str:
    """The cell without blanks around it."""
    return (cell or "").strip()
