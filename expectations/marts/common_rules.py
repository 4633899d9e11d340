"""Rules that the suites of several marts share.

A rule about how marts hang together refuses the build. A value that the first gate would have quarantined only warns:
somebody may have looked at the row and released it, and one odd row must not hold the whole group.
"""

from __future__ import annotations

from collections.abc import Sequence

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.row_rules import ExpectRowsToSatisfy
from expectations.rules import meta
from expectations.verdict import Action


def id_unique(column: str, what: str) -> Expectation:
    """The id of the mart's rows stands once; `what` is a row, in words."""
    return gxe.ExpectColumnValuesToBeUnique(
        column=column,
        description=f"Every {what} has one row; an id that stands twice would be counted twice.",
        meta=meta("id_repeated", "refuse", column=column),
    )


def key_unique(columns: Sequence[str], what: str) -> Expectation:
    """The key of several columns stands once; `what` is a row, in words."""
    return gxe.ExpectCompoundColumnsToBeUnique(
        column_list=list(columns),
        description=f"Every {what} has one row; a key that stands twice would be counted twice.",
        meta=meta("key_repeated", "refuse"),
    )


def one_of(column: str, values: Sequence[str], *, action: Action = "refuse") -> Expectation:
    """A filled cell of the column is one of the words that readers know."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        description=f"{column} is one of {', '.join(values)}; reports that filter by them lose other rows.",
        meta=meta("word_unknown", action, column=column),
    )


def filled(column: str, sentence: str) -> Expectation:
    """The column has no empty cell."""
    return gxe.ExpectColumnValuesToNotBeNull(
        column=column,
        description=sentence,
        meta=meta("value_missing", "refuse", column=column),
    )


def between(column: str, low: float, high: float | None, sentence: str, *, action: Action = "refuse") -> Expectation:
    """A filled cell lies between the bounds, both included; None: no upper bound."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column,
        min_value=low,
        max_value=high,
        description=sentence,
        meta=meta("out_of_range", action, column=column),
    )


def holds(
    rule: str, condition: str, sentence: str, *, key: str, column: str | None = None, action: Action = "refuse"
) -> Expectation:
    """Every row satisfies the SQL `condition`, where it is not null; `key` a column that is never null."""
    return ExpectRowsToSatisfy(
        column=key,
        condition=condition,
        description=sentence,
        meta=meta(rule, action, column=column),
    )


def scope_rules(key: str = "scope_code") -> list[Expectation]:
    """The scope of a figure is one that readers know, and `all` stands for the group and for nothing else."""
    return [
        one_of("scope_type", ("group", "brand", "region", "dealer")),
        holds(
            "scope_mixed_up",
            "(scope_type = 'group') = (scope_code = 'all')",
            "The group's row, and no other, has the scope code all.",
            key=key,
            column="scope_code",
        ),
    ]
