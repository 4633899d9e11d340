"""Writes leads as ADF, in the ways in which web sites' generators do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from demo.centres import Centre
from demo.rows import Row


@dataclass(frozen=True)
class AdfHabit:
    """How a site writes ADF: what stands before the document, how it dates and names, whether it quotes attributes."""

    prologue: str
    encoding: str
    date: Callable[[datetime], str]
    has_name_parts: bool
    quotes_attributes: bool = True
    phone_type: str = "cellphone"


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def _iso_without_leading_zero(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}T{moment.hour}:{moment:%M:%S}"


def _russian(moment: datetime) -> str:
    return f"{moment:%d.%m.%Y %H:%M}"


_BY_THE_BOOK = AdfHabit('<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n', "utf-8", _iso, True)
_UPPER_CASE = AdfHabit('<?xml version="1.0"?><?ADF VERSION="1.0"?>', "utf-8", _iso_without_leading_zero, False)
_CP1251 = AdfHabit(
    '<?xml version="1.0" encoding="windows-1251"?>\n<?adf version="1.0"?>\n',
    "cp1251",
    _russian,
    False,
    phone_type="mobile",
)
_UNQUOTED = AdfHabit('<?xml version="1.0"?>\n', "utf-8", _iso, True, quotes_attributes=False)
HABITS = {"d01": _BY_THE_BOOK, "d03": _UPPER_CASE, "d05": _CP1251}
NEW_HABITS = {"d01": _UNQUOTED}  # from the second night on: the site's template was changed


def write_adf(centre: Centre, rows: Sequence[Row], *, is_first_night: bool) -> bytes:
    """A document with a prospect for every lead."""
    habit = HABITS[centre.dealer_code]
    if not is_first_night:
        habit = NEW_HABITS.get(centre.dealer_code, habit)
    prospects = "\n".join(_prospect(habit, centre, row, number) for number, row in enumerate(rows, start=1))
    return f"{habit.prologue}<adf>\n{prospects}\n</adf>\n".encode(habit.encoding, errors="xmlcharrefreplace")


def _text(row: Row, column: str) -> str:
    return escape(str(row.values.get(column) or ""))


def _prospect(habit: AdfHabit, centre: Centre, row: Row, number: int) -> str:
    moment = row.values["created_at"]
    if not isinstance(moment, datetime):
        raise TypeError(f"a lead has a moment, not {moment!r}")
    sequence = f'"{number}"' if habit.quotes_attributes else str(number)
    make, model = (_text(row, "make"), _text(row, "model")) if row.values["make"] else ("", "")
    interest = _text(row, "lead_type").replace("call-back", "buy")
    vehicle = f'<vehicle interest="{interest}" status="new">' if make else "<vehicle>"
    return (
        f'<prospect><id sequence={sequence} source="{centre.dealer_code}-site">{row.source_id}</id>'
        f"<requestdate>{habit.date(moment)}</requestdate>"
        f"{vehicle}<year></year><make>{make}</make><model>{model}</model></vehicle>"
        f"<customer><contact>{_names(habit, row)}{_contacts(habit, row)}</contact></customer>"
        f"<vendor><vendorname>{escape(centre.name)}</vendorname>"
        f'<contact><name part="full" type="business">{escape(centre.name)}</name></contact></vendor>'
        f'<provider><name part="full">{_text(row, "channel") or "Сайт"}</name></provider></prospect>'
    )


def _names(habit: AdfHabit, row: Row) -> str:
    if not habit.has_name_parts:
        return f'<name part="full">{_text(row, "full_name")}</name>'
    parts = (("first", "first_name"), ("middle", "middle_name"), ("last", "last_name"))
    return "".join(f'<name part="{part}">{_text(row, column)}</name>' for part, column in parts if _text(row, column))


def _contacts(habit: AdfHabit, row: Row) -> str:
    email, phone, city = _text(row, "email"), _text(row, "phone"), _text(row, "city")
    return (
        (f"<email>{email}</email>" if email else "")
        + (f'<phone type="{habit.phone_type}">{phone}</phone>' if phone else "")
        + (f"<address><city>{city}</city></address>" if city else "")
    )
