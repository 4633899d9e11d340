"""How the cells of a column look: the share of them that are VINs, phones, dates, names and so on."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from warehouse.settings import PROJECT_ROOT

MOST_VALUES = 2_000
"""Different cells of a column that are looked at: more tell nothing new."""

_SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
_TWINS = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")
_JUNK = re.compile(r"[\s\u00a0\u202f'’₽$€£]|руб\.?|rub|usd", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,2}[-./ ]\d{1,2}[-./ ](?:\d{4}|\d{2})(?!\d)|\d{4}[-./]\d{1,2}[-./]\d{1,2}|(?:19|20)\d{2}[01]\d[0-3]\d(?!\d)"
    r"|\d{1,2}[ -][^\W\d_]{3,9}\.?[ -]\d{2,4}|[^\W\d_]{3,9} \d{1,2},? \d{4}",
    re.IGNORECASE,
)
_WHOLE_YEAR = re.compile(r"(?<!\d)(?:19\d\d|20[0-4]\d)(?!\d)")
_SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](\d\d)(?!\d)")
_COMPANY = re.compile(
    r"(?<!\w)(?:ооо|оао|зао|пао|ао|ип|фгуп|муп|нко|llc|inc|ltd|corp|gmbh|co)(?!\w)|общество с огр", re.IGNORECASE
)
_PLATE = re.compile(r"[ABEKMHOPCTYX]\d{3}[ABEKMHOPCTYX]{2}\d{2,3}")
_FOREIGN_PLATE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]{4,9}")
_WORD_OF_A_NAME = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)?")
_WORDS_OF_GENDER = frozenset("m f м ж male female муж жен мужской женский муж. жен. man woman".split())
_WORDS_OF_CONSENT = frozenset(
    "да нет yes no y n true false 1 0 + - д н granted denied given v x согласен согласна отказ против ✓".split()
)
_CURRENCIES = frozenset("rub rur usd eur cny kzt byn руб руб. ₽ $ €".split())
_PATRONYMIC = re.compile(r"[а-яё]{2,}(?:ович|евич|ич|овна|евна|ична|инична|оглы|кызы)$")
_SURNAME = re.compile(r"[а-яё-]{2,}(?:ов|ев|ёв|ин|ын|ова|ева|ёва|ина|ына|ский|цкий|ская|цкая|ко|ук|юк|дзе|ян|швили)$")


@dataclass(frozen=True)
class _Names:
    first: frozenset[str]
    last: frozenset[str]
    middle: frozenset[str]


@cache
def _names() -> _Names:
    english = {word for row in _seed("identity/nicknames_en.csv") for word in (row["name1"], row["name2"])}
    return _Names(
        first=frozenset({row["name"] for row in _seed("identity/first_names.csv")} | english),
        last=frozenset(row["surname"] for row in _seed("identity/surnames.csv")),
        middle=frozenset(row["patronymic"] for row in _seed("identity/patronymics.csv")),
    )


@cache
def _makes() -> frozenset[str]:
    rows = _seed("xwalk_vehicle_makes.csv")
    return frozenset(word.casefold() for row in rows for word in (row["alias"], row["make"]))


@cache
def _models() -> frozenset[str]:
    rows = _seed("xwalk_vehicle_models.csv")
    return frozenset(word.casefold() for row in rows for word in (row["alias"], row["model"]))


def _seed(name: str) -> list[dict[str, str]]:
    with (_SEEDS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@dataclass
class ColumnLook:
    """What stands in one column of a file, as far as it was read."""

    header: str
    row_count: int = 0
    filled: int = 0
    values: Counter[str] = field(default_factory=Counter)  # the first `MOST_VALUES` different cells and how often
    has_more_values: bool = False
    _shares: dict[str, float] = field(default_factory=dict)  # of looks that were asked for, since the last cell

    def add(self, cell: str | None) -> None:
        """One more cell."""
        self.row_count += 1
        self._shares.clear()
        text = (cell or "").strip()
        if not text:
            return
        self.filled += 1
        if text in self.values or len(self.values) < MOST_VALUES:
            self.values[text] += 1
        else:
            self.has_more_values = True

    def share(self, look: str) -> float:
        """The share of the filled cells that look so; 0 where none is filled."""
        if look not in self._shares:
            self._shares[look] = self._counted(LOOKS[look])
        return self._shares[look]

    @property
    def distinct_share(self) -> float:
        """Different cells by filled ones; 1: no cell twice."""
        seen = self.values.total()
        return len(self.values) / seen if seen else 0.0

    @property
    def median_year(self) -> int | None:
        """The year in the middle of the dates' years."""
        years = sorted(year for cell, times in self.values.items() for year in [_year_in(cell)] * times if year)
        return years[len(years) // 2] if years else None

    def _counted(self, is_so: Callable[[str], bool]) -> float:
        seen = self.values.total()
        return sum(times for cell, times in self.values.items() if is_so(cell)) / seen if seen else 0.0


def _year_in(cell: str) -> int | None:
    if match := _WHOLE_YEAR.search(cell):
        return int(match[0])
    if match := _SHORT_YEAR.match(cell):
        return int(match[1]) + (2000 if int(match[1]) < 40 else 1900)
    return None


def _plain(cell: str) -> str:
    return re.sub(r"[\s-]", "", cell).upper().translate(_TWINS)


def is_vin(cell: str) -> bool:
    """Seventeen letters and digits, Cyrillic twins of Latin letters allowed."""
    text = _plain(cell)
    return (
        re.fullmatch(r"[A-Z0-9]{17}", text) is not None
        and any(map(str.isdigit, text))
        and any(map(str.isalpha, text))
        and sum(character in "IOQ" for character in text) <= 1
    )


def _is_chassis(cell: str) -> bool:
    return re.fullmatch(r"[A-Z0-9]{2,7}-\d{5,8}", cell.upper().translate(_TWINS)) is not None


def _is_phone(cell: str) -> bool:
    if re.fullmatch(r"[78][.,]\d+E\+?1\d", cell, re.IGNORECASE):
        return True
    first = re.split(r"[,;/]", cell)[0].removesuffix(".0").strip()
    if re.fullmatch(r"\d{3}-\d{4}", first):
        return True
    if not re.fullmatch(r"\+?[\d\s().\-\u00a0]{7,22}", first) or _DATE.fullmatch(first):
        return False
    digits = re.sub(r"\D", "", first)
    is_written_as_one = re.search(r"[()+\-\s]", first) is not None
    if len(digits) == 11:
        return digits[0] in "781"
    if len(digits) == 10:
        return is_written_as_one or digits[0] in "3489"
    if len(digits) == 9:
        return re.fullmatch(r"\d{3}([ -])\d{3}\1\d{3}", first) is not None  # as in Poland
    return first.startswith("+") and 9 <= len(digits) <= 15


def is_tax_id(cell: str) -> bool:
    """A Russian tax number of 10 or 12 digits whose check digits are right."""
    digits = [int(character) for character in cell.removesuffix(".0") if character.isdigit()]
    if len(digits) not in (10, 12) or not cell.removesuffix(".0").isdigit():
        return False
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)

    def check(count: int) -> int:
        return sum(w * d for w, d in zip(weights[-count:], digits, strict=False)) % 11 % 10

    return check(9) == digits[9] if len(digits) == 10 else (check(10), check(11)) == (digits[10], digits[11])


def _is_number(cell: str) -> bool:
    text = _JUNK.sub("", cell).replace(",", ".")
    return re.fullmatch(r"\(?[-+]?\d{1,15}(?:\.\d{3})*(?:\.\d{1,6})?\)?%?", text) is not None


def _is_between(low: int, high: int) -> Callable[[str], bool]:
    def is_so(cell: str) -> bool:
        text = cell.removesuffix(".0").removesuffix(",0")
        return text.isdigit() and len(text) < 7 and low <= int(text) <= high

    return is_so


def _is_plate(cell: str) -> bool:
    text = _plain(cell)
    return _PLATE.fullmatch(text) is not None or (_FOREIGN_PLATE.fullmatch(text) is not None and len(text) < 9)


def _name_words(cell: str) -> list[str]:
    words = cell.casefold().replace("ё", "е").replace(",", " ").replace(".", " ").split()
    return words if all(map(_WORD_OF_A_NAME.fullmatch, words)) else []


def _is_first_name(cell: str) -> bool:
    words = _name_words(cell)
    return len(words) == 1 and words[0] in _names().first


def _is_last_name(cell: str) -> bool:
    words = _name_words(cell)
    return len(words) == 1 and (words[0] in _names().last or _SURNAME.fullmatch(words[0]) is not None)


def _is_middle_name(cell: str) -> bool:
    words = _name_words(cell)
    return len(words) == 1 and (words[0] in _names().middle or _PATRONYMIC.search(words[0]) is not None)


def _is_full_name(cell: str) -> bool:
    words = _name_words(cell)
    if not 2 <= len(words) <= 5:
        return False
    names = _names()
    if any(word in names.first or word in names.middle or _PATRONYMIC.search(word) for word in words):
        return True
    has_initials = any(len(word) == 1 for word in words)
    return has_initials and any(word in names.last or _SURNAME.fullmatch(word) for word in words)


def _is_make(cell: str) -> bool:
    return cell.casefold().replace("ё", "е") in _makes() or cell.casefold() in _makes()


def _is_make_model(cell: str) -> bool:
    words = re.split(r"[\s,]+", cell.casefold())
    return len(words) > 1 and any(" ".join(words[:count]) in _makes() for count in (1, 2) if count < len(words))


def _is_text(cell: str) -> bool:
    return len(cell.split()) >= 3


LOOKS: Mapping[str, Callable[[str], bool]] = {
    "vin": is_vin,
    "chassis": _is_chassis,
    "phone": _is_phone,
    "email": lambda cell: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}", cell) is not None,
    "date": lambda cell: _DATE.match(cell) is not None,
    "moment": lambda cell: _DATE.match(cell) is not None and re.search(r"\d{1,2}:\d{2}", cell) is not None,
    "month": lambda cell: re.fullmatch(r"\d{4}(-(\d\d|Q\d))?|\d\d[./]\d{4}|[^\W\d_]{3,8}\.? \d{4}", cell) is not None,
    "year": _is_between(1950, 2049),
    "scale_10": _is_between(0, 10),
    "scale_5": _is_between(0, 5),
    "number": _is_number,
    "plate": _is_plate,
    "tax_id": is_tax_id,
    "postal_code": lambda cell: re.fullmatch(r"\d{5}(-\d{4})?|\d{6}|\d{2}-\d{3}", cell.removesuffix(".0")) is not None,
    "first_name": _is_first_name,
    "last_name": _is_last_name,
    "middle_name": _is_middle_name,
    "full_name": _is_full_name,
    "company": lambda cell: _COMPANY.search(cell) is not None,
    "make": _is_make,
    "model": lambda cell: cell.casefold() in _models(),
    "make_model": _is_make_model,
    "gender": lambda cell: cell.casefold() in _WORDS_OF_GENDER,
    "yes_no": lambda cell: cell.casefold() in _WORDS_OF_CONSENT or cell.casefold().startswith(("не возраж", "соглас")),
    "currency": lambda cell: cell.casefold() in _CURRENCIES,
    "url": lambda cell: re.match(r"(?:https?://|www\.)", cell) is not None,
    "code": lambda cell: re.fullmatch(r"(?=.*\d)[\w./-]{1,40}", cell) is not None,
    "text": _is_text,
}
"""What a cell may look like. A cell may look like several: the shares of a column are compared."""
