"""Second gate for mart_customer_timeline: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import filled, one_of


def suite() -> gx.ExpectationSuite:
    """Expectations for what happened to the customers of a build."""
    return gx.ExpectationSuite(
        name="marts.mart_customer_timeline",
        expectations=[
            filled("customer_id", "Something on a timeline happened to somebody."),
            filled("happened_at", "Something on a timeline happened at some moment."),
            one_of("event_type", ("sale", "service", "lead", "contact", "invitation", "survey", "consent", "referral")),
        ],
    )
