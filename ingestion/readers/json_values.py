"""JSON values as cells: nested objects as `contact.phone`, lists as JSON text, numbers with all their digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from ingestion.readers.typed_values import Mark, number_text

MOST_DIGITS = 400
"""Of a number that is written out: 1e400 is none that a dealer means."""


def loads(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value of a JSON text, decimals as they are written.

    Raises:
        ValueError: no JSON, or a number of thousands of digits.
        RecursionError: nested too deeply.
    """
    return DECODER.decode(text)


DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=str)


def flat_cells(content: dict[str, Any], mark: Mark | None, prefix: str = "") -> dict[str, str | None]:
    """An object's cells by dotted names, numbers with this decimal mark; empty texts and empty lists are None."""
    flat: dict[str, str | None] = {}
    for key, value in content.items():
        name = f"{prefix}{storable(key)}"
        if isinstance(value, dict):
            flat |= flat_cells(value, mark, f"{name}.")
        else:
            flat[name] = cell_of(value, mark)
    return flat


def cell_of(value: object, mark: Mark | None) -> str | None:
    """A value as a cell: lists and objects as JSON text, empty ones None."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        is_writable = value.is_finite() and abs(value.adjusted()) < MOST_DIGITS
        return number_text(value, mark) if is_writable else str(value)
    if isinstance(value, list | dict):
        return storable(json.dumps(value, ensure_ascii=False, default=_as_json))
    return storable(str(value))


def storable(text: str) -> str:
    """The text without zero bytes and halves of letters, which JSON may write and no database holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\0", "")


def _as_json(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)
