"""The sums that a file says of its own rows, beside what its rows add up to: of all of them, and section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import accumulate

import psycopg
from psycopg import sql

from expectations.verdict import Finding, warning
from ingestion.canonicalise import CountedTable
from ingestion.dealer_files import Feed
from ingestion.errors import ControlTotalDiffers, TruncatedFile
from ingestion.evidence import number_as_written
from ingestion.total_rows import Subtotal

MOST_TOLD = 3


@dataclass(frozen=True)
class _SectionFault:
    """A section whose rows do not add up to its total."""

    subtotal: Subtotal
    first_row: int  # behind the total before it
    column: str
    summed: Decimal
    cell: str

    def __str__(self) -> str:
        return (
            f"{self.column} sums to {self.summed:,.2f} over rows {self.first_row}-{self.subtotal.row - 1}, where "
            f"«{self.subtotal.label}» in row {self.subtotal.row} says {self.cell.strip()}"
        )


def check_control_totals(
    connection: psycopg.Connection, table: CountedTable, feed: Feed, subtotals: Sequence[Subtotal], where: str
) -> tuple[Finding, ...]:
    """Warnings: sections that do not add up although all rows do, and a last total that is its section's alone.

    A subtotal is the sum of the rows since any total above it, or since the first row: sections may lie in sections,
    and totals may run on. Where no subtotal of a column is such a sum, nor all of them together are one, they are meant
    to be none.

    Args:
        connection: to the database that holds `table`.
        table: the file in our columns.
        feed: whose file it is, with the total row that was found in it.
        subtotals: rows of totals above the last one.
        where: dealer, feed and file, for the errors.

    Raises:
        TruncatedFile: the total row that the YAML names is not there.
        ControlTotalDiffers: the rows do not add up to it; or, where it says nothing of a column, one section does not
            and others do.
    """
    total = feed.format.total_row
    if total is None:
        return ()
    if table.total_cells is None:
        raise TruncatedFile(
            where,
            found=f"no row with `{total.equals}` in `{total.column}`",
            expected="the total row that the YAML names: without it the file was cut",
            do="Ask the dealer to resend; if the export lost its total row for good, remove `total_row` from the YAML.",
        )
    totals = dict(table.total_cells)
    columns = [*totals, *dict.fromkeys(name for s in subtotals for name, _ in s.cells if name not in totals)]
    noticed: list[_SectionFault] = []
    of_last_section: list[str] = []
    for name in columns:
        sums = _running_sums(connection, table, name, subtotals)
        faults = list(_faults(name, subtotals, sums))
        cells = [dict(subtotal.cells)[name] for subtotal in subtotals if name in dict(subtotal.cells)]
        count = len(cells)
        is_of_last = count > 0 and not faults and sums[-1] - sums[-2] in _readings(totals.get(name))
        if len(faults) == count > 1 and not _add_up(cells, sums[-2]):
            faults = []
        if name in totals and sums[-1] not in _readings(totals[name]):
            if is_of_last:
                of_last_section.append(name)
                continue
            raise ControlTotalDiffers(
                where,
                found=f"{name} sums to {sums[-1]:,.2f} over the rows" + _told(faults, before="; "),
                expected=f"{totals[name] or 'a number'}, as the total row says",
                do="Rows are missing or changed: ask the dealer to resend. If that row holds other things than sums "
                "of all rows (of the last part alone, say), write in the YAML: "
                f'`total_row: {{column: "{total.column}", equals: "{total.equals.strip()}"}}`.',
            )
        if name not in totals and count > len(faults) > 0:
            raise ControlTotalDiffers(
                where,
                found=_told(faults),
                expected=f"the sum that stands there, as in {count - len(faults):,} other section(s) of the file",
                do="Rows of that section are missing or changed: ask the dealer to resend.",
            )
        noticed += faults
    return (
        warning(
            "section_total_differs",
            "A section's own total differs from the sum of its rows; all rows together add up.",
            _told(noticed, before="a section does not add up although the whole does: "),
            unexpected_count=len(noticed),
            element_count=len(subtotals),
        ),
        warning(
            "no_grand_total",
            "The last total is that of the last section; none says what all rows add up to.",
            f"the last total is that of its section alone ({', '.join(of_last_section)}), and none is of all rows",
            unexpected_count=len(of_last_section),
            element_count=len(totals),
        ),
    )


def _told(faults: Sequence[_SectionFault], *, before: str = "") -> str:
    more = f" and {len(faults) - MOST_TOLD:,} more" if len(faults) > MOST_TOLD else ""
    return f"{before}{'; '.join(map(str, faults[:MOST_TOLD]))}{more}" if faults else ""


def _running_sums(
    connection: psycopg.Connection, table: CountedTable, name: str, subtotals: Sequence[Subtotal]
) -> list[Decimal]:
    """What the rows above each subtotal add up to, and last what all rows do."""
    query = sql.SQL("select width_bucket(_source_row, {}::bigint[]), coalesce(sum({}), 0) from {} group by 1").format(
        sql.Literal([subtotal.row for subtotal in subtotals]), sql.Identifier(name), table.identifier
    )
    if not subtotals:
        query = sql.SQL("select 0, coalesce(sum({}), 0) from {}").format(sql.Identifier(name), table.identifier)
    by_section = {section: Decimal(summed) for section, summed in connection.execute(query)}
    return list(accumulate(by_section.get(section, Decimal(0)) for section in range(len(subtotals) + 1)))


def _faults(name: str, subtotals: Sequence[Subtotal], sums: Sequence[Decimal]) -> Iterator[_SectionFault]:
    above = {Decimal(0)}
    before, first_row = Decimal(0), None
    for subtotal, until in zip(subtotals, sums, strict=False):
        cell = dict(subtotal.cells).get(name)
        if cell is not None and not any(until - number in above for number in _readings(cell)):
            yield _SectionFault(subtotal, first_row or subtotal.first_row, name, until - before, cell)
        above.add(until)
        before, first_row = until, subtotal.row + 1


def _add_up(cells: Sequence[str], until: Decimal) -> bool:
    """Whether totals are sums of parts of what they add up to together, in one reading of their marks."""
    readings = [_readings(cell) for cell in cells]
    return all(readings) and until in (sum(found[0] for found in readings), sum(found[-1] for found in readings))


def _readings(cell: str | None) -> list[Decimal]:
    """The numbers that a total's cell may be, by either reading of its marks."""
    core = number_as_written(cell or "")
    if core is None:
        return []
    readings = []
    for text in (core.replace(".", "").replace(",", "."), core.replace(",", "")):
        try:
            readings.append(Decimal(text))
        except InvalidOperation:
            continue
    return readings
