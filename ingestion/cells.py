"""SQL of single cells: trimmed, cleaned, typed, and as canonical text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from psycopg import sql

from ingestion.column_mapping import Mapped
from ingestion.contracts import Column
from ingestion.date_formats import pattern_of
from ingestion.dealer_files import Feed
from ingestion.evidence import (
    BLANKS,
    CURRENCY_MARKS,
    CURRENCY_WORDS,
    JUNK_CHARACTERS,
    MINUS_BEHIND,
    MINUSES,
    MONTHS,
    NAMED_DATE,
    NO_CENTS,
    NUMBER_TYPES,
    WORDS_FOR_NOTHING,
    Writing,
)

SQL_TYPES = {
    "text": "text",
    "word": "text",
    "moment": "timestamptz",
    "date": "date",
    "amount": "numeric",
    "decimal": "numeric",
    "integer": "bigint",
    "boolean": "boolean",
}
BOOLEAN_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "да", "д", "истина"), "true"),
    **dict.fromkeys(("false", "f", "no", "n", "0", "нет", "н", "ложь"), "false"),
}
IN_SECONDS = "_s"
"""How columns end whose numbers are seconds; 01:02:03 is one of them."""
_HOURS_MINUTES_SECONDS = r"^\d{1,3}:[0-5]\d:[0-5]\d$"
_LONGEST_NUMBER = 22
"""Characters of a number below 10^18 with a sign, a mark and two decimals."""
_NUMERIC_DATE = r"^(\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|(19|20)\d{6}|\d{1,2}[ -][A-Za-z]{3}|[A-Za-z]{3,9} \d{1,2})"


class CellWriter:
    """How the cells of one file become canonical.

    A column goes three steps, each reading what the one before made: `<column>_cell` is the cleaned cell, `<column>`
    its value, `_<column>_text` the canonical text. Text and words are canonical after the first.
    """

    def __init__(self, feed: Feed, writing: Writing, delivered_on: date, *, currency: str, is_trimmed: bool) -> None:
        self.feed = feed
        self.writing = writing
        self.delivered_on = delivered_on
        self.is_trimmed = is_trimmed  # no cell of the file begins or ends with a blank
        # Where a column says whose money it is, a sign beside the number says nothing new.
        says_currency = "currency" in dict(feed.columns)
        own = dict(feed.constants).get("currency", currency)
        marks = CURRENCY_MARKS if own in CURRENCY_MARKS else CURRENCY_WORDS
        self.marks_of_others = {} if says_currency else {code: told for code, told in marks.items() if code != own}
        self.words = {name: {cell.strip().lower(): word for cell, word in words} for name, words in feed.values}

    def cell(self, m: Mapped) -> sql.Composable:
        """The cell trimmed, the dealer's words replaced, numbers with a decimal point and nothing around them."""
        column, trimmed = m.column, self.trimmed(m)
        if column.type == "word":
            return looked_up({**column.word_aliases(), **self.words.get(m.name, {})}, trimmed)
        if words := self.words.get(m.name):
            trimmed = sql.SQL("coalesce({}, {})").format(looked_up(words, trimmed), trimmed)
        if column.type == "boolean":
            return sql.SQL("coalesce({}, {})").format(looked_up(BOOLEAN_WORDS, trimmed), trimmed)
        if column.type in NUMBER_TYPES:
            return self._cleaned_number(column, trimmed)
        if column.type in ("moment", "date") and self.feed.date_format is not None:
            pattern, iso = pattern_of(self.feed.date_format)
            # What is not written as the YAML says gets a mark that no date survives.
            return sql.SQL(
                "case when {cell} ~ {p} then regexp_replace({cell}, {p}, {iso}) else '?' || {cell} end"
            ).format(cell=_or_nothing(trimmed), p=sql.Literal(pattern), iso=sql.Literal(iso))
        if column.type in ("moment", "date"):
            return self._cleaned_date(column, trimmed)
        return trimmed

    def trimmed(self, m: Mapped) -> sql.Composable:
        """The cell without blanks around it, null when nothing is left."""
        return m.cell if self.is_trimmed and m.header is not None else trimmed(m.cell)

    def value(self, column: Column) -> sql.Composable:
        """The cleaned cell with its type, null where it cannot be cast."""
        cell = _cell(column)
        if column.type in ("text", "word"):
            return cell
        if column.type == "boolean":
            return _cast_when(sql.SQL("{} in ('true', 'false')").format(cell), sql.SQL("{}::boolean").format(cell))
        if column.type in ("moment", "date"):
            return self._date(column)
        return self._number(column)

    def text(self, column: Column) -> sql.Composable:
        """The canonical text of the value."""
        if self.is_final(column):
            return _cell(column)
        if column.type == "moment":
            return sql.SQL("""to_char({}, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM')""").format(identifier(column.name))
        return sql.SQL("{}::text").format(identifier(column.name))

    def is_final(self, column: Column) -> bool:
        """Whether every cleaned cell of a number column is a canonical text."""
        described = self.writing.number_columns.get(column.name)
        return described is not None and described.is_final

    def never_differs(self, m: Mapped) -> bool:
        """Whether every cell stands in the file as it will stand in raw."""
        if m.header is None:
            return True
        if m.column.type == "text":
            return self.is_trimmed and m.name not in self.words
        return self.is_final(m.column) and self.writing.numbers.decimal == "."

    def seldom_differs(self, m: Mapped) -> bool:
        """Whether nearly every cell stands in the file as it will stand in raw."""
        if m.column.type == "text":
            return True
        described = self.writing.number_columns.get(m.name)
        if described is None or not described.is_plain:
            return False
        return described.is_whole if m.column.type == "integer" else described.most_decimals == 2

    def _cleaned_date(self, column: Column, trimmed: sql.Composable) -> sql.Composable:
        """The cell with the names of months as numbers, year first; null where it says that there is no date."""
        if not self.writing.dates.has_foreign_cells:
            return trimmed
        trimmed = _or_nothing(trimmed)
        if column.type == "moment":
            trimmed = _counted_from_1970(_in_one_word(trimmed))
        if not self.writing.dates.has_named_months:
            return trimmed
        return sql.SQL(
            """
            coalesce((
                select concat(
                    case when length(parts[4]) = 4 then '' when parts[4] <= {latest} then '20' else '19' end, parts[4],
                    '-', {months}::jsonb ->> parts[2], '-', lpad(coalesce(parts[1], parts[3]), 2, '0'),
                    ' ' || nullif(upper(parts[5]), '')
                )
                from regexp_match(lower({cell}), {pattern}) as named (parts)
                where num_nulls(parts[1], parts[3]) = 1
            ), {cell})
            """
        ).format(
            cell=trimmed,
            months=sql.Literal(json.dumps(MONTHS, ensure_ascii=False)),
            pattern=sql.Literal(NAMED_DATE),
            # Nobody is born in a year after the delivery's; other short years are read as PostgreSQL reads them.
            latest=sql.Literal(f"{self.delivered_on:%y}" if column.name.endswith("birth_date") else "69"),
        )

    def _cleaned_number(self, column: Column, trimmed: sql.Composable) -> sql.Composable:
        described = self.writing.number_columns[column.name]
        if described.is_plain:
            return trimmed
        if described.is_final:
            return sql.SQL("replace({}, ',', '.')").format(trimmed)
        if described.has_foreign_cells:
            trimmed = _or_nothing(trimmed)
        if column.name.endswith(IN_SECONDS):
            trimmed = sql.SQL(
                "case when {c} ~ {p} then extract(epoch from {c}::interval)::bigint::text else {c} end"
            ).format(c=trimmed, p=sql.Literal(_HOURS_MINUTES_SECONDS))
        if other := sorted(described.currencies & self.marks_of_others.keys()):
            # Money of another kind is no amount of the group's: the mark that is added no number survives.
            trimmed = sql.SQL("case when {c} ~* {marks} then '?' || {c} else {c} end").format(
                c=trimmed, marks=sql.Literal("|".join(self.marks_of_others[code] for code in other))
            )
        if described.has_minus_behind:
            minus = sql.Literal(f"^(.*){MINUS_BEHIND}")
            trimmed = sql.SQL(r"regexp_replace({}, {}, '-\1\2')").format(trimmed, minus)
        if described.has_words:
            trimmed = sql.SQL("regexp_replace({}, '(руб|rub|rur|usd|eur|gbp|р)\\.?', '', 'gi')").format(trimmed)
        if described.has_no_cents:
            trimmed = sql.SQL("regexp_replace({}, {}, '')").format(trimmed, sql.Literal(NO_CENTS))
        if self.writing.numbers.decimal == ",":
            source, target = f",({MINUSES[1]}.){JUNK_CHARACTERS}", ".--"
        else:
            source, target = f"({MINUSES[1]},){JUNK_CHARACTERS}", "--"
        return sql.SQL("translate({}, {}, {})").format(trimmed, sql.Literal(source), sql.Literal(target))

    def _number(self, column: Column) -> sql.Composable:
        cell, described = _cell(column), self.writing.number_columns[column.name]
        if described.is_final:
            return sql.SQL("{}::{}").format(cell, sql.SQL(SQL_TYPES[column.type]))
        is_number: sql.Composable = sql.SQL("true")
        if not described.is_plain:
            is_number = sql.SQL("{} ~ '^[-+]?[0-9]{{1,25}}([.][0-9]*)?$'").format(cell)
        if column.type == "amount":
            value = "round({}::numeric, 2)" if described.most_decimals <= 2 else "{}::numeric"
            return _cast_when(is_number, sql.SQL(value).format(cell))
        if column.type == "decimal":
            return _cast_when(is_number, sql.SQL("trim_scale({}::numeric)").format(cell))
        if described.is_plain and described.is_whole:
            return sql.SQL("{}::bigint").format(cell)
        is_whole = sql.SQL("{} ~ '^[-+]?[0-9]{{1,18}}([.]0*)?$'").format(cell)
        return _cast_when(is_whole, sql.SQL("{}::numeric::bigint").format(cell))

    def _date(self, column: Column) -> sql.Composable:
        cell, type_name = _cell(column), SQL_TYPES[column.type]
        is_date = sql.SQL("ops.is_castable({}, {}) and {} is not null").format(cell, sql.Literal(type_name), cell)
        if self.writing.dates.has_foreign_cells:
            # PostgreSQL reads `today`, `infinity` and bare numbers as dates: no dealer means them.
            is_date = sql.SQL("{} ~ {} and {}").format(cell, sql.Literal(_NUMERIC_DATE), is_date)
        value = sql.SQL("{}::{}").format(cell, sql.SQL(type_name))
        if self.writing.dates.has_short_years and column.name.endswith("birth_date"):
            value = sql.SQL(
                "case when {value} > {today} then ({value} - interval '100 years')::date else {value} end"
            ).format(value=value, today=sql.Literal(self.delivered_on))
        return _cast_when(is_date, value)


def _in_one_word(cell: sql.Composable) -> sql.Composable:
    """The cell, or the moment that it is in fourteen digits, as 1C writes it for machines: 20260305101500."""
    return sql.SQL("regexp_replace({}, {}, {})").format(
        cell,
        sql.Literal(r"^((?:19|20)\d\d[01]\d[0-3]\d)([0-2]\d)([0-5]\d)([0-5]\d)$"),
        sql.Literal(r"\1 \2:\3:\4"),
    )


def _counted_from_1970(cell: sql.Composable) -> sql.Composable:
    """The cell, or the moment that it counts: seconds or thousandths since 1970, alone or as .NET writes them.

    Ten digits and thirteen, with a one before them, are the years 2001 to 2033; nothing else in a column of moments is.
    """
    return sql.SQL(
        """
        coalesce((
            select to_char(to_timestamp(parts[1]::bigint) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            from regexp_match({cell}, {pattern}) as counted (parts)
        ), {cell})
        """
    ).format(cell=cell, pattern=sql.Literal(r"^(?:/Date\()?(1[0-9]{9})(?:[0-9]{3})?(?:(?:[+-][0-9]{4})?\)/)?$"))


def is_final_number(column: Column, cell: sql.Composable, mark: str) -> sql.Composable:
    """Whether a cell is the canonical text of a number of the column's type, but for this decimal mark; null is."""
    with_point = sql.SQL("replace({}, ',', '.')").format(cell) if mark == "," else cell
    if column.type == "amount":
        return sql.SQL(
            "case when {cell} like {two_decimals} and ops.is_castable({with_point}, 'numeric(20, 2)') "
            "then {with_point}::numeric::text = {with_point} else {cell} is null end"
        ).format(cell=cell, with_point=with_point, two_decimals=sql.Literal(f"%{mark}__"))
    number = sql.SQL({"decimal": "trim_scale({}::numeric)", "integer": "{}::bigint"}[column.type]).format(with_point)
    text = sql.SQL("replace({}::text, '.', ',')" if mark == "," else "{}::text").format(number)
    # Longer ones, and the words that PostgreSQL takes for numbers, are read cell by cell.
    return sql.SQL(
        "case when ops.is_castable({with_point}, {type}) then {text} = {cell} and length({cell}) <= {longest} and "
        "{cell} not in ('NaN', 'Infinity', '-Infinity') else {cell} is null end"
    ).format(
        with_point=with_point,
        type=sql.Literal(SQL_TYPES[column.type]),
        text=text,
        cell=cell,
        longest=sql.Literal(_LONGEST_NUMBER),
    )


def identifier(name: str) -> sql.Identifier:
    """A column's name for SQL."""
    return sql.Identifier(name)


def trimmed(cell: sql.Composable) -> sql.Composable:
    """The cell without blanks around it, null when nothing is left."""
    return sql.SQL("nullif(btrim({}, {}), '')").format(cell, sql.Literal(BLANKS))


def looked_up(words: Mapping[str, str], cell: sql.Composable) -> sql.Composable:
    """What the cell stands for; null for a cell that is none of the words (lower case)."""
    return sql.SQL("{}::jsonb ->> lower({})").format(sql.Literal(json.dumps(dict(words), ensure_ascii=False)), cell)


def json_object(pairs: Sequence[tuple[str, sql.Composable]]) -> sql.Composable:
    """A jsonb of what is filled, null when nothing is. A call takes 100 arguments: so several of them."""
    objects = []
    for start in range(0, len(pairs), 50):
        arguments = sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Literal(name), value) for name, value in pairs[start : start + 50]
        )
        objects.append(sql.SQL("jsonb_strip_nulls(jsonb_build_object({}))").format(arguments))
    return sql.SQL("nullif({}, '{{}}')").format(sql.SQL(" || ").join(objects))


def _or_nothing(cell: sql.Composable) -> sql.Composable:
    """The cell, null where it only says that there is nothing."""
    return sql.SQL("case when lower({cell}) <> all({words}) then {cell} end").format(
        cell=cell, words=sql.Literal(list(WORDS_FOR_NOTHING))
    )


def _cell(column: Column) -> sql.Identifier:
    return identifier(f"{column.name}_cell")


def _cast_when(condition: sql.Composable, value: sql.Composable) -> sql.Composable:
    return sql.SQL("case when {} then {} end").format(condition, value)
