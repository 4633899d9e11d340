"""How a file writes its dates and its numbers, decided by what stands in it: for the whole file, never per cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingestion.contracts import ColumnType
from ingestion.dealer_files import DateOrder
from ingestion.errors import AmbiguousDates, AmbiguousNumbers

INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
"""Marks of no width: of the direction of writing, of where a word may be broken, of the order of bytes."""
BLANKS = f" \t\r\n\u00a0\u202f\u2009{INVISIBLE}"
"""What may stand around a cell and means nothing."""

WORDS_FOR_NOTHING = (
    *("-", "--", "–", "—", "null", "\\n", "none", "n/a", "н/д", "нет данных", "не указано", "не указан", "не указана"),
    *("0000-00-00", "0000-00-00 00:00:00", "00.00.0000"),
)
"""What people and programmes write (lower case) where there is no number or no date."""

_SECOND_HALVES = "\u0401-\u040f\u0451-\u045f\u0490\u0491\u00a0-\u00bb\u2013-\u203a\u20ac\u2116\u2122"
"""Of UTF-8's Russian letters, as cp1251 shows their second bytes."""
MOJIBAKE = f"[ÃÐÑ][\u0080-\u00bf]|Â[\u00a0-\u00bf ]|â€|пїЅ|\ufffd|([РС][{_SECOND_HALVES}]){{2}}"
"""What UTF-8 looks like when it was read as an eight-bit encoding and saved again: Ã¡, Ð˜Ð², РџСЂРё."""

NUMBER_TYPES = ("amount", "decimal", "integer")

PREFIX_LENGTH = 10
"""Characters of a cell that hold its date; what follows is the time."""

CLEAR_MAJORITY = 0.99
"""Share of the telling cells that must agree, where some tell otherwise: the others are mistakes of a hand."""

FEWEST_MADE, FEWEST_LEFT = 5, 3
"""Dates that Excel made and that it left, below which they may be so by chance."""

CONTRADICTING_SHARE = 0.2
"""Share of a file's dates that must show another order than the YAML's for that to be wrong."""

_ISO = re.compile(r"\d{4}([-./])\d{1,2}\1\d{1,2}(?!\d)|\d{4}-\d{2}-\d{2}|(?:19|20)\d{6}(?!\d)")
_NUMERIC = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
MONTHS = {
    name: f"{number:02d}"
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
    )
    for number, name in enumerate(names.split(), start=1)
}
"""Months by the first three letters of their names, as their numbers."""
_DAY_NAMES = "mon|tue|wed|thu|fri|sat|sun|пон|вто|сре|чет|пят|суб|вос|пн|вт|ср|чт|пт|сб|вс"
_NAMED = re.compile(rf"(?:.*[\d\W_])?(?:{'|'.join(MONTHS)})|(?:{_DAY_NAMES})[^\W\d]*[., ]", re.IGNORECASE)
NAMED_DATE = (
    rf"^(?:(?:{_DAY_NAMES})[a-zа-я]*[.,]* )?"
    rf"(?:(\d{{1,2}})[-. /]{{0,2}})?({'|'.join(MONTHS)})[a-zа-я]*[-., /]{{0,2}}(?:(\d{{1,2}})(?:st|nd|rd|th)?,? )?"
    r"(\d{4}|\d{2})(?![\d:])(?: ?г(?:ода|\.|(?![а-я])))?,? *(.*)$"
)
"""A date (lower case) whose month is a name, for PostgreSQL: day, month, day behind it, year, and what follows."""
_SAID_BY_CONVENTION: dict[str, DateOrder] = {".": "dmy"}


@dataclass(frozen=True)
class DateWriting:
    """How dates are written: the order for cells such as 03/04/2025, and what else must be watched."""

    order: DateOrder
    decided_by: str
    has_short_years: bool = False  # in dates of digits alone
    has_foreign_cells: bool = False  # cells that are no date at all, or that name a month
    has_named_months: bool = False


@dataclass
class _Family:
    """The dates of a file that have the same separator."""

    says: Counter[str] = field(default_factory=Counter)
    undecided: int = 0
    examples: dict[str, str] = field(default_factory=dict)  # a cell of each order; "": of those that tell none

    def add(self, cell: str, first: int, second: int, year: str, count: int) -> None:
        if first > 31 and len(year) == 2:
            said = "ymd"
        elif first > 12 >= second:
            said = "dmy"
        elif second > 12 >= first:
            said = "mdy"
        elif first == second or first > 12:
            return  # the same day either way, or no day at all
        else:
            self.undecided += count
            self.examples.setdefault("", cell)
            return
        self.says[said] += count
        self.examples.setdefault(said, cell)

    def told(self, said: str) -> str:
        """How many dates show an order (or none), and one of them; without its year it is nobody's day of birth."""
        times = self.says[said] if said else self.undecided
        first, mark, second, _, last = re.split(r"([-./])", self.examples[said])
        shown = (
            (re.sub(r"\d", "y", first), second, last) if said == "ymd" else (first, second, re.sub(r"\d", "y", last))
        )
        return f"{mark.join(shown)} ({said or 'either way'}, {times:,} such)"


def decide_dates(where: str, prefixes: Iterable[tuple[str, int]], given: DateOrder | None) -> DateWriting:
    """The order of day, month and year in a file.

    Args:
        where: dealer, feed and file, for the error.
        prefixes: the first characters of every date cell, and how often they occur.
        given: the YAML's word, which outranks the evidence unless all of that is against it.

    Raises:
        AmbiguousDates: two orders in one file, nothing that tells which it is, or another one than the YAML's.
    """
    families: dict[str, _Family] = {}
    has_short_years = has_foreign_cells = has_named_months = False
    for prefix, count in prefixes:
        if prefix in WORDS_FOR_NOTHING:
            has_foreign_cells = True
            continue
        match = None if _ISO.match(prefix) else _NUMERIC.match(prefix)
        if match is not None:
            first, separator, second, year = match.groups()
            has_short_years |= len(year) == 2
            families.setdefault(separator, _Family()).add(match.group(0), int(first), int(second), year, count)
        elif not _ISO.match(prefix):
            has_foreign_cells = True
            if _NAMED.match(prefix):
                has_named_months = True
    if given:
        _refuse_contradicted(where, families, given)
    order, decided_by = (given, "the YAML") if given else _order_of(where, families)
    if has_named_months and not families and not given:
        decided_by = "the names of months"
    return DateWriting(order, decided_by, has_short_years, has_foreign_cells, has_named_months)


def are_half_converted(prefixes: Iterable[tuple[str, int]]) -> bool:
    """Whether a column looks as if Excel had read days as months where it could, and left the other cells alone.

    Then every date that it made has a day up to the twelfth, and every one that it left a day after it, in one order;
    and the days of those that it made are months: there are no more different ones than there are different months.
    The firsts of months are so by themselves, unless what it left is of January alone.

    Args:
        prefixes: the first characters of the column's cells, and how often they occur.
    """
    made: Counter[tuple[str, str]] = Counter()
    left: Counter[str] = Counter()  # by order
    months_left = set()
    for prefix, count in prefixes:
        if (numeric := _NUMERIC.match(prefix)) and not _ISO.match(prefix):
            first, second = int(numeric[1]), int(numeric[3])
            if first > 31 or (first > 12) == (second > 12):
                return False
            left["dmy" if first > 12 else "mdy"] += count
            months_left.add(min(first, second))
        elif day := re.match(r"\d{4}-(\d{2})-(\d{2})", prefix):
            if int(day[2]) > 12:
                return False
            made[day[1], day[2]] += count
    months, days = {month for month, _ in made}, {day for _, day in made}
    if len(left) != 1 or (days == {"01"} and months_left != {1}):
        return False
    return made.total() >= FEWEST_MADE and left.total() >= FEWEST_LEFT and len(days) <= len(months)


def _refuse_contradicted(where: str, families: Mapping[str, _Family], given: DateOrder) -> None:
    """Two dates and a fifth of all that show another order than the YAML's, and none that shows that, are no slips."""
    says = sum((family.says for family in families.values()), Counter[str]())
    if not says or says[given]:
        return
    (other, times), *_ = says.most_common()
    if times < 2 or times < CONTRADICTING_SHARE * (says.total() + sum(f.undecided for f in families.values())):
        return
    family = next(family for family in families.values() if other in family.examples)
    raise AmbiguousDates(
        where,
        found=f"{times:,} dates which show {other}, and none that shows {given}: {family.told(other)}",
        expected=f"`dates: {{order: {given}}}`, as the YAML says",
        do=f"If the dealer changed the export, set `dates: {{order: {other}}}` for this feed in the dealer's YAML.",
        cells=[family.examples[other]],
    )


def _order_of(where: str, families: Mapping[str, _Family]) -> tuple[DateOrder, str]:
    orders: dict[str, DateOrder] = {}
    undecided: list[tuple[_Family, str]] = []
    for separator, family in families.items():
        if family.says:
            (best, times), *_ = family.says.most_common()
            if times < CLEAR_MAJORITY * family.says.total():
                raise _ambiguous(where, [(family, said) for said in family.says])
            orders[separator] = best  # type: ignore[assignment]
        elif family.undecided and separator in _SAID_BY_CONVENTION:
            orders[separator] = _SAID_BY_CONVENTION[separator]
        elif family.undecided:
            undecided.append((family, ""))
    if undecided or len(set(orders.values())) > 1:
        decided = [(families[s], order if order in families[s].examples else "") for s, order in orders.items()]
        raise _ambiguous(where, [*decided, *undecided])
    if not orders:
        # Day and month are the same number in every cell: either order reads them rightly, year first does not.
        return ("dmy", "no cell that could be read in two ways") if families else ("ymd", "year first throughout")
    (order,) = set(orders.values())
    return order, "the dates themselves" if any(f.says for f in families.values()) else "dots: day first"


def _ambiguous(where: str, kinds: Sequence[tuple[_Family, str]]) -> AmbiguousDates:
    return AmbiguousDates(
        where,
        found=f"dates such as {' and '.join(family.told(said) for family, said in kinds)}",
        expected="one order of day, month and year that the file itself shows",
        do="If you know the order, set `dates: {order: dmy}` (or mdy, ymd) for this feed in the dealer's YAML: "
        "dates of another order then wait in quarantine. Otherwise ask the dealer to resend.",
        cells=[family.examples[said] for family, said in kinds],
    )


# --- numbers

CURRENCY_WORDS = {"RUB": "ru[br]", "USD": "usd", "EUR": "eur", "GBP": "gbp"}
"""How money is told beside amounts, as regular expressions; `руб` is that of several countries, and says nothing."""
CURRENCY_MARKS = {"RUB": "₽|ru[br]", "USD": "usd|\\$", "EUR": "eur|€", "GBP": "gbp|£"}
"""The signs besides: where one of these is the own currency, for other countries write $ and £ for money of theirs."""
_JUNK_WORDS = re.compile(r"(?:руб|rub|rur|usd|eur|gbp|р)\.?", re.IGNORECASE)
JUNK_CHARACTERS = " \u00a0\u202f\u2009'’₽$€£"
"""What stands around and within amounts and means nothing: spaces of all kinds and currency signs."""
MINUSES = ("-", "\u2212")
MINUS_BEHIND = f"([0-9])[{''.join(MINUSES)}]$"
"""Behind the last digit a minus is one, as accountants write it: 100,00-."""
NO_CENTS = f"[.,][{JUNK_CHARACTERS}]*[-\u2212\u2013\u2014]{{1,2}}[{JUNK_CHARACTERS}]*$"
"""A line in the place of the decimals says that there are none: 24.990,- and 1500.-- are no negative numbers."""


@dataclass(frozen=True)
class NumberWriting:
    """How numbers are written, and which kinds of cells occur: what does not occur need not be cleaned away."""

    decimal: Literal[",", "."]
    decided_by: str


@dataclass(frozen=True)
class NumberColumn:
    """What the cells of one number column look like."""

    is_plain: bool  # digits, a minus before, a point within: nothing to clean
    is_whole: bool  # and no decimals
    most_decimals: int
    has_words: bool  # руб., USD
    has_foreign_cells: bool  # that will be no number even when cleaned
    has_minus_behind: bool = False  # 100,00-
    has_no_cents: bool = False  # 24.990,-
    is_final: bool = False  # every cell is its canonical text, but perhaps for the decimal mark
    currencies: frozenset[str] = frozenset()  # whose marks stand beside numbers


def decide_numbers(where: str, shapes: Iterable[str], given: Literal[",", "."] | None) -> NumberWriting:
    """The decimal mark of a file from the shapes of its numbers (every digit written as 0).

    Raises:
        AmbiguousNumbers: both `1,50` and `1.50` occur.
    """
    if given:
        return NumberWriting(given, "the YAML")
    says: dict[Literal[",", "."], str] = {}
    thousands_perhaps: dict[str, str] = {}
    for shape in shapes:
        core = _core(shape)
        mark = _decimal_of(core)
        if mark:
            says.setdefault(mark, shape)
        elif re.fullmatch(r"[-+]?0{1,3}[.,]000", core):
            thousands_perhaps.setdefault(core[-4], shape)
    if len(says or thousands_perhaps) > 1:
        raise AmbiguousNumbers(
            where,
            found=f"numbers such as {' and '.join(shape.strip() for shape in (says or thousands_perhaps).values())} "
            "(every digit is shown as 0)",
            expected="one decimal mark throughout",
            do='If you know the mark, set `decimal: ","` under `format:` in the YAML; otherwise ask the dealer to '
            "resend.",
        )
    for decimal in says:
        return NumberWriting(decimal, "the numbers themselves")
    for separator in thousands_perhaps:
        return NumberWriting("," if separator == "." else ".", "three digits behind every mark: thousands")
    return NumberWriting(".", "no cell with decimals")


def describe_number_column(
    shapes: Iterable[str], decimal: Literal[",", "."], *, is_final: bool = False
) -> NumberColumn:
    """What has to be cleaned in a column whose cells have these shapes."""
    is_plain = is_whole = True
    most_decimals = 0
    has_words = has_foreign_cells = has_minus_behind = has_no_cents = False
    thousands = "." if decimal == "," else ","
    currencies = set()
    for shape in shapes:
        currencies |= {code for code, marks in CURRENCY_MARKS.items() if re.search(marks, shape, re.IGNORECASE)}
        is_plain &= re.fullmatch(r"-?0{1,18}(?:\.0+)?" if decimal == "." else r"-?0{1,18}", shape) is not None
        is_whole &= re.fullmatch(r"-?0{1,18}", shape) is not None
        has_words |= _JUNK_WORDS.search(shape) is not None
        has_minus_behind |= re.search(MINUS_BEHIND, shape) is not None
        has_no_cents |= re.search(NO_CENTS, _JUNK_WORDS.sub("", shape)) is not None
        core = _core(shape).replace(thousands, "")
        has_foreign_cells |= re.fullmatch(r"[-+]?0{1,25}(?:[,.]0*)?", core) is None
        most_decimals = max(most_decimals, len(core.partition(decimal)[2].rstrip()))
    return NumberColumn(
        is_plain,
        is_whole,
        most_decimals,
        has_words,
        has_foreign_cells,
        has_minus_behind,
        has_no_cents,
        is_final,
        frozenset(currencies),
    )


def number_shape(cell: str) -> str:
    """The cell with every digit written as 0."""
    return re.sub("[1-9]", "0", cell)


def number_as_written(cell: str) -> str | None:
    """Sign, digits and marks of a number as people write it; None where the cell is anything else.

    So (1 200,00), 1 200,00- and \N{MINUS SIGN}1 200,00 USD are -1200,00, and 24.990,- is 24.990.
    """
    core = _core(cell.strip())
    return core if re.fullmatch(r"[-+]?[.,]?[0-9][0-9.,]*", core) else None


def mark_of_final_numbers(
    cells: Sequence[str], kind: ColumnType, given: Literal[",", "."] | None
) -> Literal[",", ".", ""] | None:
    """The decimal mark of cells that are all canonical texts of numbers, but that the mark may be a comma.

    Nothing where no cell has a mark; None when a cell is no canonical text, or when the mark is not clear.
    """
    told: set[Literal[",", ".", ""]] = {said for cell in cells if (said := _decimal_of(number_shape(cell)))}
    if len(told) > 1 or (given and told - {given}):
        return None
    mark: Literal[",", ".", ""] = next(iter(told), "")
    decimals = {"amount": "[0-9]{2}", "decimal": "[0-9]*[1-9]"}.get(kind)
    fraction = "" if decimals is None or not mark else f"[{mark}]{decimals}"
    is_final = re.compile(rf"(0|-?[1-9][0-9]{{0,17}})({fraction}){'?' if kind == 'decimal' else ''}").fullmatch
    if (kind == "amount" and not mark) or not all(map(is_final, cells)):
        return None
    return mark


@dataclass(frozen=True)
class Writing:
    """How a file writes what it holds."""

    dates: DateWriting
    numbers: NumberWriting
    number_columns: Mapping[str, NumberColumn]  # by our column
    few_cells: Mapping[str, tuple[str, ...]]  # of date columns: every cell that occurs, where they are few


def _core(shape: str) -> str:
    """The number as it is read but for its marks; the steps are those of `CellWriter`, in their order."""
    core = re.sub(f"^(.*){MINUS_BEHIND}", r"-\1\2", shape)
    core = re.sub(NO_CENTS, "", _JUNK_WORDS.sub("", core))
    for character in JUNK_CHARACTERS:
        core = core.replace(character, "")
    core = core.replace(MINUSES[1], MINUSES[0])
    return re.sub(r"\((.*)\)", r"-\1", core)


def _decimal_of(core: str) -> Literal[",", "."] | None:
    if not re.fullmatch(r"[-+]?[0.,]+", core):
        return None
    last = max(core.rfind(","), core.rfind("."))
    if last < 0:
        return None
    mark: Literal[",", "."] = "," if core[last] == "," else "."
    other: Literal[",", "."] = "." if mark == "," else ","
    if core.count(mark) > 1:
        return other  # 1.234.567: thousands
    before, behind = core[:last].lstrip("-+"), core[last + 1 :]
    if other in core or len(behind) != 3 or len(before) > 3:
        return mark
    return None  # 26,000: thousands rather than three decimals
