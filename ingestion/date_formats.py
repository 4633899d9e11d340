"""An exact writing of dates, as a dealer's YAML gives it: `%d.%m.%Y %H:%M`."""

from __future__ import annotations

import re

_PARTS = {
    "%d": (r"(\d{1,2})", "day"),
    "%m": (r"(\d{1,2})", "month"),
    "%Y": (r"(\d{4})", "year"),
    "%y": (r"(\d{2})", "year"),
    "%H": (r"(\d{1,2})", "hour"),
    "%M": (r"(\d{1,2})", "minute"),
    "%S": (r"(\d{1,2})", "second"),
}


def mistake_in(date_format: str) -> tuple[str, str] | None:
    """What is wrong with the format and what is allowed; None when nothing is."""
    directives = re.findall(r"%.?", date_format)
    for directive in directives:
        if directive not in _PARTS:
            return f"`{date_format}` holds `{directive}`", f"allowed: {' '.join(_PARTS)}"
    names = [_PARTS[directive][1] for directive in directives]
    if not {"day", "month", "year"} <= set(names):
        return f"`{date_format}` names no whole day", "a date has a year, a month and a day"
    if len(names) != len(set(names)):
        return f"`{date_format}` names a part twice", "each part stands once"
    return None


def pattern_of(date_format: str) -> tuple[str, str]:
    """A regular expression for the format, and the replacement that makes a date of its match, year first.

    A year of two digits stays one: PostgreSQL takes 70 to 99 for the last century.
    """
    pattern = ""
    places: dict[str, str] = {}
    for part in re.split(r"(%.)", date_format):
        if part in _PARTS:
            expression, name = _PARTS[part]
            places[name] = f"\\{len(places) + 1}"
            pattern += expression
        else:
            pattern += re.escape(part)
    day = f"{places['year']}-{places['month']}-{places['day']}"
    if "hour" not in places:
        return f"^{pattern}$", day
    return f"^{pattern}$", f"{day} {places['hour']}:{places.get('minute', '00')}:{places.get('second', '00')}"
