"""First gate for raw.market__channel_spend: what a batch of advertising costs must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    dealer_known,
    fact_readable,
    key_not_repeated,
    period_rules,
    text_filled,
    typed_filled,
)
from expectations.rules import BatchFacts, value_between


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of advertising costs."""
    return gx.ExpectationSuite(
        name="raw.market__channel_spend",
        expectations=[
            key_not_repeated(),
            dealer_known("is_dealer_known or dealer_code is null or dealer_code = '_group'"),
            *period_rules(facts),
            text_filled("channel", "Cost of no channel cannot be set against the leads of one."),
            typed_filled("amount", "A row without an amount says nothing; a channel that cost nothing says 0."),
            fact_readable("amount", "an amount"),
            value_between(
                "amount_negative",
                "amount",
                "Advertising does not cost less than nothing.",
                min_value=0,
            ),
        ],
    )
