"""First gate for raw.dms__service_orders: what a batch of repair orders must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    currency_rule,
    customer_named,
    fact_readable,
    key_rules,
    moment_rules,
    odometer_rules,
    order_rule,
    person_rules,
    text_filled,
    typed_filled,
    vin_usable,
    words_known,
)
from expectations.rules import ROLES, BatchFacts, row_rule

ORPHAN_SHARE = 0.9
"""Above this share of orders without a vehicle the columns of the vehicle were not found in the file."""


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of repair orders."""
    return gx.ExpectationSuite(
        name="raw.dms__service_orders",
        expectations=[
            *key_rules(),
            text_filled("source_id", "An order without a number cannot be found again in the dealer's system."),
            typed_filled("closed_at", "An order that was not closed at the cashier is no visit yet."),
            *moment_rules("closed_at", facts),
            *moment_rules("opened_at", facts),
            order_rule(
                "closed_before_opened",
                "opened_at",
                "closed_at",
                "The order was closed before the day on which it was opened; one of the two dates is wrong.",
            ),
            *odometer_rules(),
            fact_readable("labor_amount", "an amount"),
            fact_readable("parts_amount", "an amount"),
            row_rule(
                "amount_negative",
                "coalesce(labor_amount, 0) + coalesce(parts_amount, 0) >= 0",
                "The order gives money back: it lowers the takings of its month and counts as no visit of its own.",
                column="labor_amount",
                action="warn",
            ),
            currency_rule(facts),
            words_known("paid_by", action="quarantine"),
            vin_usable(),
            row_rule(
                "vehicle_missing",
                "coalesce(vin, plate) is not null",
                "The order names no vehicle, by VIN or plate, and so belongs to no visit of a vehicle.",
                action="warn",
                refuse_share=ORPHAN_SHARE,
            ),
            customer_named("customer_source_id", "payer_full_name", "payer_phone", "driver_full_name", "driver_phone"),
            *person_rules(facts, ROLES),
        ],
    )
