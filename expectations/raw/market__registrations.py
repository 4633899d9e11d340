"""First gate for raw.market__registrations: what a batch of market registrations must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    fact_readable,
    key_not_repeated,
    period_rules,
    text_filled,
    typed_filled,
)
from expectations.rules import BatchFacts, value_between


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of registrations of new vehicles in the market."""
    return gx.ExpectationSuite(
        name="raw.market__registrations",
        expectations=[
            key_not_repeated(),
            *period_rules(facts),
            text_filled("brand", "Registrations of no brand have no place in a ranking of brands."),
            typed_filled("units", "A row without a number of vehicles says nothing."),
            fact_readable("units", "a whole number"),
            value_between(
                "units_out_of_range",
                "units",
                "Fewer than no vehicles, or more than a country registers in a year.",
                min_value=0,
                max_value=100_000_000,
            ),
        ],
    )
