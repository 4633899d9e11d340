"""Rules that several kinds of feed share.

The principle of what happens to a row: a fact that cannot be read or cannot be true (when, how much, which score,
which mileage) keeps the row in quarantine until somebody looks; a flaw in the description of the person never keeps a
sale or a visit out, it is told as a warning.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import (
    DEFAULT_REFUSE_SHARE,
    BatchFacts,
    meta,
    mostly_matching,
    mostly_true,
    row_rule,
    value_between,
)

SHIFTED_COLUMN_SHARE = 0.5
"""Above this share of unreadable cells in a describing column its cells belong to another column."""

MOSTLY_USABLE = 0.7
"""Below this share of usable phones, e-mails or VINs something is wrong with the column."""

PLACEHOLDER_BIRTH_DATES = ("1900-01-01", "1901-01-01", "1970-01-01")


def key_not_repeated() -> Expectation:
    """Nothing comes twice in one file."""
    return row_rule(
        "key_repeated",
        "not is_key_repeated",
        "The same record key stands in the file more than once with different content; which is right is unknown.",
        refuse_share=DEFAULT_REFUSE_SHARE,
    )


def dealer_known(condition: str = "is_dealer_known") -> Expectation:
    """The dealer of the row exists. However many rows name another one, they never refuse the rows of the known."""
    return row_rule(
        "dealer_unknown",
        condition,
        "The row names a dealer that no YAML file of the workspace knows; it waits until the dealer is added.",
        column="dealer_code",
    )


def key_rules() -> list[Expectation]:
    """The record key: nothing comes twice in one file, and the row's dealer exists."""
    return [key_not_repeated(), dealer_known()]


def text_filled(column: str, sentence: str) -> Expectation:
    """A required text cell is filled."""
    return gxe.ExpectColumnValuesToNotBeNull(
        column=column,
        description=sentence,
        meta=meta("value_missing", "quarantine", column=column, refuse_share=DEFAULT_REFUSE_SHARE),
    )


def typed_filled(column: str, sentence: str, *, flag: str = "is_castable") -> Expectation:
    """A required cell of another type is filled; one that cannot be read is another rule's business."""
    return row_rule(
        "value_missing",
        f"{column} is not null or not {column}_{flag}",
        sentence,
        column=column,
        refuse_share=DEFAULT_REFUSE_SHARE,
    )


def fact_readable(column: str, kind: str) -> Expectation:
    """A cell that says when, how much or how many can be read."""
    return row_rule(
        "cell_unreadable",
        f"{column}_is_castable",
        f"The cell for {column} cannot be read as {kind}; without it the record would be counted wrongly.",
        column=column,
        refuse_share=DEFAULT_REFUSE_SHARE,
    )


def detail_readable(column: str, kind: str) -> Expectation:
    """A cell that only describes can be read; if most cannot, the columns of the file have shifted."""
    return row_rule(
        "cell_unreadable",
        f"{column}_is_castable",
        f"The cell for {column} cannot be read as {kind}; the row is loaded without it.",
        column=column,
        action="warn",
        refuse_share=SHIFTED_COLUMN_SHARE,
    )


def moment_rules(column: str, facts: BatchFacts, *, undated: str | None = None) -> list[Expectation]:
    """A moment can be read, is not before 1990 and not more than a day after the delivery.

    Args:
        column: the column of the moment.
        facts: when the batch was delivered.
        undated: `moment and moment`, between which a source writes what means no date at all.
    """
    except_undated = f" or {column} between {undated}" if undated else ""
    # Two days on: the day after the delivery is over nowhere on Earth before its end in UTC.
    limit = facts.delivered_on + timedelta(days=2)
    return [
        fact_readable(column, "a date"),
        row_rule(
            "date_before_1990",
            f"{column} >= timestamptz '1990-01-01 00:00+00'{except_undated}",
            f"{column} is before 1990: a placeholder or a slip of the pen, not a day on which this happened.",
            column=column,
            refuse_share=DEFAULT_REFUSE_SHARE,
        ),
        row_rule(
            "date_after_delivery",
            f"{column} < timestamptz '{limit:%Y-%m-%d} 00:00+00'",
            f"{column} is more than a day after the file was delivered; nobody can report what has not happened.",
            column=column,
            refuse_share=DEFAULT_REFUSE_SHARE,
        ),
    ]


def order_rule(rule: str, earlier: str, later: str, sentence: str) -> Expectation:
    """`later` is not before the calendar day of `earlier`; files often hold a day where others hold a moment."""
    return row_rule(
        rule,
        f"{later} > {earlier} - interval '1 day'",
        sentence,
        column=later,
        refuse_share=DEFAULT_REFUSE_SHARE,
    )


def currency_rule(facts: BatchFacts) -> Expectation:
    """Money is in the group's currency."""
    condition = f"currency = '{facts.currency}'" if facts.currency else "currency is null"
    return row_rule(
        "currency_foreign",
        condition,
        "The amounts are in another currency than the group's, and no exchange rates are fed.",
        column="currency",
    )


def words_known(column: str, *, action: Literal["quarantine", "warn"] = "warn") -> Expectation:
    """The contract, or the dealer's YAML, knows the word in the cell.

    `quarantine` where the word decides how the row is counted: left empty, it would be counted as what is usual.
    """
    return row_rule(
        "word_unknown",
        f"{column}_is_known",
        f"Neither the contract nor the dealer's YAML knows the word in {column}; add it under `values:`.",
        column=column,
        action=action,
        refuse_share=DEFAULT_REFUSE_SHARE if action == "quarantine" else None,
    )


def one_of_filled(*columns: str, readable: bool = False) -> Expectation:
    """At least one of the columns is filled; with `readable`, an unreadable cell is another rule's business."""
    filled = [f"{column} is not null" for column in columns]
    unreadable = [f"not {column}_is_castable" for column in columns] if readable else []
    return row_rule(
        "one_of_missing",
        " or ".join(filled + unreadable),
        f"None of {', '.join(columns)} is filled; the contract asks for at least one.",
        column=columns[0],
        refuse_share=DEFAULT_REFUSE_SHARE,
    )


def vin_usable(column: str = "vin") -> Expectation:
    """Most VINs have seventeen letters and digits; look-alike Cyrillic letters, I, O and Q are repaired later."""
    # The length apart: PostgreSQL counts to seventeen in a regular expression three times as slowly as it loops in one.
    return mostly_true(
        "vin_unusable",
        column,
        f"length({column}) = 17 and {column} ~ '^[0-9A-Za-zАВЕКМНОРСТУХавекмнорстух]+$'",
        MOSTLY_USABLE,
        f"Fewer than {MOSTLY_USABLE:.0%} of the cells for {column} look like a VIN of seventeen letters and digits.",
    )


def customer_named(*further_columns: str) -> Expectation:
    """The row names a person or a company, or gives a way to reach one."""
    columns = ("full_name", "last_name", "first_name", "phone", "email", "company_name", "tax_id", *further_columns)
    return row_rule(
        "customer_missing",
        f"coalesce({', '.join(columns)}) is not null",
        "The row names no customer and no way to reach one; it counts, but belongs to nobody.",
        action="warn",
    )


def period_rules(facts: BatchFacts) -> list[Expectation]:
    """A period is filled, has one of the forms 2025, 2025-03 and 2025-Q1, and has begun."""
    return [
        text_filled("period", "Without a period the figure cannot be placed in time."),
        row_rule(
            "period_malformed",
            r"period ~ '^\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?$'",
            "The period has none of the forms 2025, 2025-03 and 2025-Q1.",
            column="period",
            refuse_share=DEFAULT_REFUSE_SHARE,
        ),
        row_rule(
            "period_after_delivery",
            f"left(period, 4) <= '{facts.delivered_on:%Y}' or period !~ '^\\d{{4}}'",
            "The period is in a year after the delivery of the file.",
            column="period",
            refuse_share=DEFAULT_REFUSE_SHARE,
        ),
    ]


def odometer_rules() -> list[Expectation]:
    """A mileage can be read and a car can have it."""
    return [
        fact_readable("odometer_km", "a whole number"),
        value_between(
            "odometer_out_of_range",
            "odometer_km",
            "No car has run less than 0 or more than 2,000,000 km; the cell holds something else.",
            min_value=0,
            max_value=2_000_000,
        ),
    ]


def model_year_rules(facts: BatchFacts) -> list[Expectation]:
    """A model year can be read, and cars of it exist."""
    return [
        fact_readable("model_year", "a whole number"),
        value_between(
            "model_year_out_of_range",
            "model_year",
            "The model year is before 1900 or later than next year.",
            min_value=1900,
            max_value=facts.delivered_on.year + 1,
        ),
    ]


def person_rules(facts: BatchFacts, roles: tuple[str, ...] = ()) -> list[Expectation]:
    """What is told, but never keeps a row out, of the person of a row.

    Args:
        facts: the batch; its further persons are judged only where a row names one, because few dealers fill them
            and their rules would be most of the suite.
        roles: prefixes of the further persons that the feed may carry.
    """
    rules = _rules_of_one_person(facts, "")
    for role in roles:
        if role in facts.roles:
            rules += _rules_of_one_person(facts, role)
    return rules


def _rules_of_one_person(facts: BatchFacts, role: str) -> list[Expectation]:
    birth_date, phone, email, full_name = f"{role}birth_date", f"{role}phone", f"{role}email", f"{role}full_name"
    placeholders = ", ".join(f"date '{day}'" for day in PLACEHOLDER_BIRTH_DATES)
    return [
        detail_readable(birth_date, "a date"),
        row_rule(
            "birth_date_impossible",
            f"{birth_date} between date '1900-01-01' and date '{facts.delivered_on:%Y-%m-%d}'",
            f"{birth_date} is before 1900 or after the delivery; a day to come matches nobody.",
            column=birth_date,
            action="warn",
        ),
        row_rule(
            "birth_date_placeholder",
            f"{birth_date} not in ({placeholders})",
            f"{birth_date} is a day that systems fill in when they do not know; nobody is matched or greeted by it.",
            column=birth_date,
            action="warn",
        ),
        words_known(f"{role}gender"),
        words_known(f"{role}consent_marketing"),
        mostly_matching(
            "phone_unusable",
            phone,
            r"(\d\D*){7}",
            MOSTLY_USABLE,
            f"Fewer than {MOSTLY_USABLE:.0%} of the cells for {phone} hold a number of seven digits or more.",
        ),
        mostly_true(
            "email_unusable",
            email,
            f"{email} like '%_@_%._%'",  # in half the time of a regular expression
            MOSTLY_USABLE,
            f"Fewer than {MOSTLY_USABLE:.0%} of the cells for {email} hold an address.",
        ),
        row_rule(
            "test_record",
            rf"{full_name} !~* '^\W*(тест|test)' or {full_name} is null",
            f"{full_name} begins with the word test: somebody tried the form; the record is kept and marked as a test.",
            column=full_name,
            action="warn",
        ),
    ]
