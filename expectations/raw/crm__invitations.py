"""First gate for raw.crm__invitations: what a batch of invitations must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    customer_named,
    detail_readable,
    key_rules,
    moment_rules,
    person_rules,
    typed_filled,
)
from expectations.rules import BatchFacts, row_rule


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of invitations."""
    return gx.ExpectationSuite(
        name="raw.crm__invitations",
        expectations=[
            *key_rules(),
            typed_filled("sent_at", "An invitation without its moment cannot be compared with those of other dealers."),
            *moment_rules("sent_at", facts),
            detail_readable("event_date", "a date"),
            row_rule(
                "event_date_implausible",
                "event_date >= sent_at::date - 1 and event_date <= sent_at::date + 366",
                "The event is before its invitation, or more than a year after it.",
                column="event_date",
                action="warn",
            ),
            customer_named("customer_source_id"),
            *person_rules(facts),
        ],
    )
