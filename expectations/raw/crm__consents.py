"""First gate for raw.crm__consents: what a batch of consents must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    customer_named,
    key_rules,
    moment_rules,
    person_rules,
    typed_filled,
    words_known,
)
from expectations.rules import BatchFacts, row_rule


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of consents given and withdrawn."""
    return gx.ExpectationSuite(
        name="raw.crm__consents",
        expectations=[
            *key_rules(),
            typed_filled(
                "occurred_at", "The latest event decides what is permitted; without a moment it decides nothing."
            ),
            *moment_rules("occurred_at", facts),
            typed_filled("status", "Whether consent was given or withdrawn is not said.", flag="is_known"),
            words_known("status", action="quarantine"),
            row_rule(
                "consent_text_missing",
                "status is distinct from 'granted' or text_version is not null",
                "The consent does not say which text was shown; it cannot be proved.",
                column="text_version",
                action="warn",
            ),
            customer_named("customer_source_id"),
            *person_rules(facts),
        ],
    )
