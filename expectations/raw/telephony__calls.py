"""First gate for raw.telephony__calls: what a batch of calls must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    MOSTLY_USABLE,
    fact_readable,
    key_rules,
    moment_rules,
    person_rules,
    text_filled,
    typed_filled,
    words_known,
)
from expectations.rules import BatchFacts, mostly_matching, row_rule, value_between


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of calls."""
    return gx.ExpectationSuite(
        name="raw.telephony__calls",
        expectations=[
            *key_rules(),
            text_filled("source_id", "A call without an id cannot be told from its own repetition."),
            typed_filled("started_at", "A call without its moment answers no request."),
            *moment_rules("started_at", facts),
            words_known("direction"),
            fact_readable("duration_s", "a whole number"),
            value_between(
                "duration_out_of_range",
                "duration_s",
                "A call lasts no less than nothing and no more than a day.",
                min_value=0,
                max_value=86_400,
            ),
            row_rule(
                "caller_missing",
                "coalesce(caller_number, phone) is not null",
                "The number of the caller is hidden; the call belongs to nobody.",
                column="caller_number",
                action="warn",
            ),
            mostly_matching(
                "phone_unusable",
                "caller_number",
                r"(\d\D*){7}",
                MOSTLY_USABLE,
                f"Fewer than {MOSTLY_USABLE:.0%} of the callers have a number of seven digits or more.",
            ),
            *person_rules(facts),
        ],
    )
