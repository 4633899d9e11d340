"""Values of sources that have types (Parquet, JSON, Excel, databases), as text that is read in one way only."""

from __future__ import annotations

import json
import math
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Literal

Mark = Literal[",", "."]


def number_text(number: float | Decimal, mark: Mark | None) -> str | None:
    """The number written out, with the feed's decimal mark (None: a point); None for what is none: NaN, infinity.

    Text such as 450.125 may be four hundred and fifty thousand, and is taken for it where nothing else in the file
    tells. A number that has its type cannot: it is written 450.1250. Of more than two decimals, zeros
    at the end are left out: 450.000 is 450.
    """
    if not math.isfinite(number):
        return None
    if isinstance(number, float):
        number = int(number) if number.is_integer() else Decimal(repr(number))
    whole, _, decimals = format(number, "f" if isinstance(number, Decimal) else "d").partition(".")
    if len(decimals) > 2:
        decimals = decimals.rstrip("0")
        decimals += "0" if len(decimals) == 3 else ""
    return f"{whole}{mark or '.'}{decimals}" if decimals else whole


def value_text(value: object, mark: Mark | None) -> str | None:
    """A value as the text of a cell: dates in ISO 8601, lists as JSON, bytes that are no text in hexadecimal digits."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | Decimal):
        return number_text(value, mark)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(round(value.total_seconds()))
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=_within_json).replace("\0", "") if value else None
    text = _decoded(bytes(value)) if isinstance(value, bytes | bytearray | memoryview) else str(value)
    return text.replace("\0", "") or None


def _within_json(value: object) -> str | None:
    return value_text(value, None)


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.hex()
