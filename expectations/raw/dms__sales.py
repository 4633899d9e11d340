"""First gate for raw.dms__sales: what a batch of sales documents must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    currency_rule,
    customer_named,
    fact_readable,
    key_rules,
    model_year_rules,
    moment_rules,
    one_of_filled,
    order_rule,
    person_rules,
    text_filled,
    vin_usable,
    words_known,
)
from expectations.rules import DEFAULT_REFUSE_SHARE, ROLES, BatchFacts, row_rule

IS_RETURN = "document_type is not distinct from 'return'"


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of sales documents."""
    return gx.ExpectationSuite(
        name="raw.dms__sales",
        expectations=[
            *key_rules(),
            text_filled("source_id", "A sale without a document number cannot be found again in the dealer's system."),
            one_of_filled("sold_at", "contracted_at", readable=True),
            *moment_rules("sold_at", facts),
            *moment_rules("contracted_at", facts),
            order_rule(
                "sold_before_contract",
                "contracted_at",
                "sold_at",
                "The vehicle was handed over before the day of its contract; one of the two dates is wrong.",
            ),
            *[fact_readable(column, "an amount") for column in ("price_amount", "discount_amount", "cost_amount")],
            row_rule(
                "price_not_positive",
                f"price_amount > 0 or {IS_RETURN}",
                "A vehicle is not sold for nothing or less; only a return may take money back.",
                column="price_amount",
                refuse_share=DEFAULT_REFUSE_SHARE,
            ),
            row_rule(
                "discount_out_of_range",
                f"{IS_RETURN} or (discount_amount >= 0 and discount_amount <= price_amount)",
                "The discount is negative or greater than the price.",
                column="discount_amount",
                refuse_share=DEFAULT_REFUSE_SHARE,
            ),
            row_rule(
                "amount_negative",
                f"cost_amount >= 0 or {IS_RETURN}",
                "What the vehicle cost the dealer is negative, and the document is no return.",
                column="cost_amount",
                refuse_share=DEFAULT_REFUSE_SHARE,
            ),
            currency_rule(facts),
            *model_year_rules(facts),
            *[words_known(column, action="quarantine") for column in ("document_type", "status")],
            words_known("vehicle_condition"),
            vin_usable(),
            vin_usable("trade_in_vin"),
            row_rule(
                "vehicle_missing",
                "vin is not null or make is not null or model is not null or make_model is not null",
                "The document names no vehicle: neither VIN nor make or model.",
                action="warn",
            ),
            customer_named("customer_source_id"),
            *person_rules(facts, ROLES),
        ],
    )
