"""First gate for raw.surveys__responses: what a batch of survey responses must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    detail_readable,
    fact_readable,
    key_rules,
    moment_rules,
    person_rules,
    text_filled,
)
from expectations.rules import BatchFacts, row_rule, value_between

UNDATED = "timestamptz '1979-12-31 00:00+00' and timestamptz '1980-01-02 00:00+00'"
"""1 January 1980 in any time zone."""


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of survey responses."""
    return gx.ExpectationSuite(
        name="raw.surveys__responses",
        expectations=[
            *key_rules(),
            text_filled("source_id", "A response without an id cannot be told from its own repetition."),
            *moment_rules("submitted_at", facts, undated=UNDATED),
            row_rule(
                "response_undated",
                f"submitted_at not between {UNDATED}",
                "The survey tool was set to keep no dates and wrote 1 January 1980; the response has no month.",
                column="submitted_at",
                action="warn",
            ),
            detail_readable("is_complete", "yes or no"),
            fact_readable("nps", "a whole number"),
            value_between(
                "score_out_of_range",
                "nps",
                "Whether somebody would recommend us is answered from 0 to 10.",
                min_value=0,
                max_value=10,
            ),
            fact_readable("csat", "a whole number"),
            value_between(
                "score_out_of_range",
                "csat",
                "Satisfaction is answered from 1 to 5.",
                min_value=1,
                max_value=5,
            ),
            *person_rules(facts),
        ],
    )
