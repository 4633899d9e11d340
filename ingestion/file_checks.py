"""Named checks of a file as a whole, beside the gate's rules for its rows: is it the file it should be?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

import psycopg
from psycopg import sql

from expectations.verdict import Finding, warning
from ingestion.canonicalise import CountedTable
from ingestion.control_totals import check_control_totals
from ingestion.dealer_files import Feed
from ingestion.discover import FoundFile
from ingestion.errors import (
    APPROVE,
    AllRecordsNew,
    DeliveredInTheFuture,
    ExchangedDates,
    FarFewerRows,
    FileOfAnotherDealer,
    NoRows,
    NoSuchDay,
    RaggedRows,
)
from ingestion.evidence import MOJIBAKE
from ingestion.examine import EXCHANGED_DATES
from ingestion.land import cell_column
from ingestion.total_rows import Subtotal
from ingestion.unusable_rows import OF_NO_DEALER, RAGGED, WITHOUT_KEY

DELIVERIES_COMPARED = 8
MOST_RECORDS_ASKED = 1000
FEWEST_ROWS_COMPARED = 10
"""Below this median a feed is too small for a share to say anything."""
HELD_BELOW_SHARE = 0.5
RAGGED_SHARE = 0.2
MOST_DAYS_AHEAD = 7
OTHER_DEALER_SHARE = 0.5
DEALER_NAMED_SHARE = 0.1
"""A name in fewer rows is perhaps no dealer's: where the YAML names the wrong column it is a customer's."""


@dataclass(frozen=True)
class CheckedFile:
    """The findings of the checks that do not refuse a file: kept beside the gate's."""

    findings: tuple[Finding, ...]
    judged_row_count: int


def check_day(found: FoundFile, days_ahead: int, where: str) -> None:
    """Nothing, where the day that a file counts for may be its own.

    Args:
        found: the file.
        days_ahead: how many days its delivery lies in the future.
        where: dealer, feed and file, for the errors.

    Raises:
        DeliveredInTheFuture: its name gives a day to come.
        NoSuchDay: it is the whole of a feed, and its name gives no day at all: it would count as of its arrival, and
            mark absent what came before then and not with it.
    """
    if days_ahead > MOST_DAYS_AHEAD:
        raise DeliveredInTheFuture(
            where,
            found=f"a name that gives a day {days_ahead:,} days after today ({date.today():%Y-%m-%d} by this machine)",
            expected=f"a delivery of today, or of {MOST_DAYS_AHEAD} days to come at most",
            do="Until that day it would outrank what comes after it. If the name is wrong, have the file renamed; "
            f"if it is right, {APPROVE}.",
        )
    if found.names_no_real_day and found.feed.delivery == "full":
        raise NoSuchDay(
            where,
            found="a name whose date is no day of the calendar",
            expected=f"the day of the delivery, as `{found.feed.path}` writes it",
            do="Have the file renamed to its day. If it is the whole as it stood when it arrived "
            f"({found.delivered_on:%Y-%m-%d}), {APPROVE}.",
        )


def check_exchanged_dates(facts: Mapping[str, object], where: str, *, may_refuse: bool) -> Finding:
    """Whether a column of dates looks as if Excel had converted half of it.

    Args:
        facts: of the file's reading.
        where: dealer, feed and file, for the error.
        may_refuse: nobody said that the dates are right as they are, and no YAML in which order they are written.

    Raises:
        ExchangedDates: one does, and that may refuse the file.
    """
    told = facts.get(EXCHANGED_DATES)
    columns = told if isinstance(told, list) else []
    names = ", ".join(f"«{name}»" for name in columns)
    found = f"in {names} only days up to the 12th as dates, and only days after it as text"
    if columns and may_refuse:
        raise ExchangedDates(
            where,
            found=found,
            expected="all dates of a column written in one way",
            do="So it looks when Excel opened an export of another country: it took days for months where it could. "
            "Ask the dealer for the export as his programme wrote it, not opened in Excel. If it is right as it is, "
            f"{APPROVE}; if each of them is, write `dates: {{order: …}}` for this feed in the YAML.",
        )
    return warning(
        "exchanged_dates",
        "Excel may have taken days for months where it could.",
        found,
        unexpected_count=len(columns),
        element_count=len(columns),
    )


def check_file(
    connection: psycopg.Connection,
    table: CountedTable,
    feed: Feed,
    settings: Mapping[str, str],
    where: str,
    *,
    subtotals: Sequence[Subtotal] = (),
    is_confirmed: bool = False,
    is_approved: bool = False,
) -> CheckedFile:
    """What the checks found, when none of them refuses the file.

    Args:
        connection: to the database that holds `table`.
        table: the file in our columns.
        feed: whose file it is.
        settings: the group's settings by their dotted names, as text.
        where: dealer, feed and file, for the errors.
        subtotals: rows of totals of its sections, which are no rows of `table`.
        is_confirmed: a person says that the file is right although it is shorter than usual.
        is_approved: a person answers for it although its total row says otherwise or many rows have another width.

    Raises:
        NoRows, TruncatedFile, ControlTotalDiffers, RaggedRows, FileOfAnotherDealer, FarFewerRows.
    """
    if table.row_count == 0 and feed.delivery == "full":
        raise NoRows(
            where,
            found="a header and no rows",
            expected="the whole: an empty full delivery does not mean that everything was deleted",
            do="Ask the dealer to resend.",
        )
    sections = () if is_approved else check_control_totals(connection, table, feed, subtotals, where)
    if not is_confirmed:
        _check_row_count(connection, table, feed, settings, where)
    # A lead that cannot be read says nothing of the others: only tables are wrong as a whole when many rows are.
    is_borne = is_approved or feed.format.names_columns_as_we_do
    ragged = _ragged_rows(connection, table, {**settings, "loading.ragged_share": "1"} if is_borne else settings, where)
    unknown = _rows_of_no_dealer(connection, table, feed, where)
    without_key = WITHOUT_KEY.finding(
        WITHOUT_KEY.rows_in(connection, table) if table.rows_without_key else (), table.row_count
    )
    return CheckedFile((ragged, unknown, without_key, *sections), table.row_count - ragged.unexpected_count)


def _check_row_count(
    connection: psycopg.Connection, table: CountedTable, feed: Feed, settings: Mapping[str, str], where: str
) -> None:
    if feed.delivery != "full":
        return
    counts = [
        count
        for (count,) in connection.execute(
            """
            select rows_read from ops.batches
            where feed_id = %s and status = 'loaded' and rows_read > 0 and reason_code is distinct from 'released'
            order by batch_seq desc limit %s
            """,
            (feed.feed_id, DELIVERIES_COMPARED),
        )
    ]
    usual = median(counts) if counts else 0
    share = float(settings.get("loading.held_below_share", HELD_BELOW_SHARE))
    if usual >= FEWEST_ROWS_COMPARED and table.row_count <= share * usual:
        raise FarFewerRows(
            where,
            found=f"{table.row_count:,} rows",
            expected=f"more than {share:.0%} of {usual:,.0f}, the median of the last {len(counts)} deliveries",
            do=f"If the dealer confirms it, {APPROVE}; otherwise ask the dealer to resend.",
        )


def check_known_records(connection: psycopg.Connection, table: CountedTable, feed: Feed, where: str) -> None:
    """Nothing, when a whole holds any record that its feed has, or either has too few to tell.

    Up to a thousand of the file's records, spread over it, are looked for.

    Raises:
        AllRecordsNew: it holds none, so that loading it would mark all that there are as absent.
    """
    if feed.delivery != "full" or table.row_count < FEWEST_ROWS_COMPARED:
        return
    # Not a look at raw where the feed had nothing: a long first delivery is being written meanwhile, and locks it.
    had = connection.execute(
        "select coalesce(sum(rows_new), 0) from ops.batches where feed_id = %s and status = 'loaded'", (feed.feed_id,)
    ).fetchone()
    if had is None or had[0] < FEWEST_ROWS_COMPARED:
        return
    row = connection.execute(
        sql.SQL(
            """
            with asked as (
                select dealer_code, source_record_id from {table}
                where _source_row % {step} = 0 and dealer_code is not null and source_record_id is not null
            )

            select
                (select count(*) from asked),
                exists (
                    select from asked cross join lateral (
                        select from {raw} as versions
                        where versions.dealer_code = asked.dealer_code
                            and versions.source_record_id = asked.source_record_id and versions._feed_id = {feed}
                        limit 1
                    ) as known
                )
            """
        ).format(
            table=table.identifier,
            raw=sql.Identifier("raw", feed.contract.table),
            step=sql.Literal(-(-table.row_count // MOST_RECORDS_ASKED)),
            feed=sql.Literal(feed.feed_id),
        )
    ).fetchone()
    asked, is_any_known = row or (0, True)
    if asked >= FEWEST_ROWS_COMPARED and not is_any_known:
        raise AllRecordsNew(
            where,
            found=f"{table.row_count:,} rows, and not one of the records that the feed had ({asked:,} looked for)",
            expected="records of the deliveries before: loaded, it would mark all of them as gone",
            do=f"Look whether it is this dealer's file and the same report. If so, {APPROVE}; otherwise ask the dealer "
            "to resend. Where each file holds only what is new, the feed is a `delivery: delta`.",
        )


def _ragged_rows(
    connection: psycopg.Connection, table: CountedTable, settings: Mapping[str, str], where: str
) -> Finding:
    rows = RAGGED.rows_in(connection, table) if table.rows_without_key else ()
    if rows and len(rows) > float(settings.get("loading.ragged_share", RAGGED_SHARE)) * table.row_count:
        fault = connection.execute(
            sql.SQL("select _shape_fault from {} where _source_row = %s").format(table.identifier), (rows[0],)
        ).fetchone()
        raise RaggedRows(
            f"{where}, row {rows[0]}",
            found=f"{len(rows):,} of {table.row_count:,} rows that are none of this table, "
            f"the first with {fault[0] if fault else 'another'}",
            expected="as many cells in every row as in the header, or an object each",
            do="Look at that row: where there are cells, the delimiter or the quotes are wrong, or the header takes "
            "several rows (`header_rows: 2`). Or ask the dealer to resend. "
            f"To load the other rows all the same, {APPROVE}.",
        )
    return RAGGED.finding(rows, table.row_count)


def _rows_of_no_dealer(connection: psycopg.Connection, table: CountedTable, feed: Feed, where: str) -> Finding:
    rows = OF_NO_DEALER.rows_in(connection, table) if table.rows_of_unknown_dealers else ()
    if rows and not feed.is_of_group and len(rows) > OTHER_DEALER_SHARE * table.row_count:
        codes = sql.SQL(
            """
            select dealer_code from {} where not is_dealer_known
            group by 1 having count(*) > 1 and count(*) >= %s order by count(*) desc limit 3
            """
        )
        often = DEALER_NAMED_SHARE * table.row_count
        named = [str(code) for (code,) in connection.execute(codes.format(table.identifier), (often,))]
        raise FileOfAnotherDealer(
            where,
            found=f"{len(rows):,} of {table.row_count:,} rows of {', '.join(named) or 'names that hardly come again'}",
            expected=f"rows of {feed.dealer_code}",
            do="Put the file where that dealer's files belong, or add the name under `values: dealer_code:`.",
        )
    return OF_NO_DEALER.finding(rows, table.row_count)


def mojibake_finding(
    connection: psycopg.Connection, table: CountedTable, landed: sql.Identifier, width: int
) -> Finding:
    """Whether letters were spoilt by a wrong encoding before the file reached us: a warning, never a refusal."""
    cells = sql.SQL(", ").join(sql.Identifier(cell_column(i)) for i in range(width))
    row = connection.execute(
        sql.SQL(
            "select count(*) from (select {c} from {t} limit 10000) as cells where concat_ws(' ', {c}) ~ {m}"
        ).format(c=cells, t=landed, m=sql.Literal(MOJIBAKE))
    ).fetchone()
    spoilt = int(row[0]) if row else 0
    looked_at = min(table.row_count, 10_000)
    return warning(
        "mojibake",
        "Letters were spoilt by a wrong encoding before the file was sent (Ð˜Ð²Ð°Ð½ for Иван).",
        f"spoilt letters in {spoilt:,} of the first {looked_at:,} rows",
        unexpected_count=spoilt,
        element_count=looked_at,
    )
