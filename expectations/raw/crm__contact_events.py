"""First gate for raw.crm__contact_events: what a batch of contacts must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    customer_named,
    key_rules,
    moment_rules,
    person_rules,
    text_filled,
    typed_filled,
    words_known,
)
from expectations.rules import BatchFacts


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of contacts that people entered."""
    return gx.ExpectationSuite(
        name="raw.crm__contact_events",
        expectations=[
            *key_rules(),
            text_filled("source_id", "A contact without an id cannot be told from its own repetition."),
            typed_filled("occurred_at", "A contact without its moment has no place in the customer's history."),
            *moment_rules("occurred_at", facts),
            words_known("direction"),
            customer_named("customer_source_id"),
            *person_rules(facts),
        ],
    )
