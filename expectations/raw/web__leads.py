"""First gate for raw.web__leads: what a batch of requests must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    key_rules,
    moment_rules,
    person_rules,
    text_filled,
    typed_filled,
)
from expectations.rules import BatchFacts, row_rule


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of requests from web sites and portals."""
    return gx.ExpectationSuite(
        name="raw.web__leads",
        expectations=[
            *key_rules(),
            text_filled("source_id", "A request without an id cannot be told from its own repetition."),
            typed_filled("created_at", "A request without its moment can be given to no dealer by who was first."),
            *moment_rules("created_at", facts),
            row_rule(
                "contact_missing",
                "coalesce(phone, phone_2, phone_3, email) is not null",
                "The request gives neither phone nor e-mail: nobody can answer it.",
                action="warn",
            ),
            row_rule(
                "consent_text_missing",
                "consent_marketing is distinct from 'granted' or consent_text_id is not null",
                "The consent does not say which text was shown; it cannot be proved.",
                column="consent_text_id",
                action="warn",
            ),
            *person_rules(facts),
        ],
    )
