"""First gate for raw.dms__customers: what a batch of customer cards must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import customer_named, key_rules, moment_rules, person_rules, text_filled
from expectations.rules import BatchFacts


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of customer cards."""
    return gx.ExpectationSuite(
        name="raw.dms__customers",
        expectations=[
            *key_rules(),
            text_filled("source_id", "A customer without a card number cannot be traced back to the dealer's system."),
            *moment_rules("created_at", facts),
            *moment_rules("updated_at", facts),
            customer_named(),
            *person_rules(facts),
        ],
    )
