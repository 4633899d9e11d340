"""How a rule is written down: an expectation with a code, a sentence, and what follows when it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.row_rules import ExpectRowsToSatisfy
from expectations.verdict import Action

DEFAULT_REFUSE_SHARE = 0.2
"""Above this share of bad rows a quarantine rule refuses the batch: the file is not what it should be."""


ROLES = ("payer_", "driver_")
"""Prefixes of the columns of further persons of a row."""


@dataclass(frozen=True)
class BatchFacts:
    """What a suite must know of a batch that its rows do not say."""

    delivered_on: date
    currency: str | None  # ISO 4217 code of the group; None: unknown, and then no row may name a currency
    roles: tuple[str, ...] = ROLES  # further persons that at least one row names, as prefixes of their columns


def meta(rule: str, action: Action, *, column: str | None = None, refuse_share: float | None = None) -> dict[str, Any]:
    """The meta of an expectation.

    Args:
        rule: code of the rule; together with `column` it is unique in its suite.
        action: what follows when the rule is broken.
        column: the column that the rule is about, None for a rule about the row as a whole.
        refuse_share: share of bad rows, from 0 to 1, above which the whole batch is refused; None: never.
    """
    return {"rule": rule, "action": action, "column": column, "refuse_share": refuse_share}


def row_rule(
    rule: str,
    condition: str,
    sentence: str,
    *,
    column: str | None = None,
    action: Literal["quarantine", "warn"] = "quarantine",
    refuse_share: float | None = None,
) -> Expectation:
    """Every row satisfies the SQL `condition`; a row for which it is null satisfies it."""
    return ExpectRowsToSatisfy(
        condition=condition,
        description=sentence,
        meta=meta(rule, action, column=column, refuse_share=refuse_share),
    )


def value_between(
    rule: str,
    column: str,
    sentence: str,
    *,
    min_value: float | None = None,
    max_value: float | None = None,
    action: Literal["quarantine", "warn"] = "quarantine",
    refuse_share: float | None = DEFAULT_REFUSE_SHARE,
) -> Expectation:
    """Every filled cell of a numeric column lies between the bounds, both included."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column,
        min_value=min_value,
        max_value=max_value,
        description=sentence,
        meta=meta(rule, action, column=column, refuse_share=refuse_share),
    )


def mostly_true(rule: str, column: str, condition: str, mostly: float, sentence: str) -> Expectation:
    """At least the share `mostly` of the filled cells of a column satisfies the SQL `condition`; else a warning."""
    return ExpectRowsToSatisfy(
        column=column,
        condition=condition,
        mostly=mostly,
        description=sentence,
        meta=meta(rule, "warn", column=column),
    )


def mostly_matching(rule: str, column: str, regex: str, mostly: float, sentence: str) -> Expectation:
    """At least the share `mostly` of the filled cells of a text column matches `regex`; else a warning."""
    return gxe.ExpectColumnValuesToMatchRegex(
        column=column,
        regex=regex,
        mostly=mostly,
        description=sentence,
        meta=meta(rule, "warn", column=column),
    )
