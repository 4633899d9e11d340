"""Second gate for fct_vehicle_returns: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import filled, holds, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the vehicles given back of a build."""
    return gx.ExpectationSuite(
        name="marts.fct_vehicle_returns",
        expectations=[
            id_unique("return_id", "return"),
            filled("business_date", "A return without a business day is in no period."),
            holds(
                "return_brings_money",
                "net_amount <= 0",
                "A return gives money back: its amount is negative.",
                key="return_id",
                column="net_amount",
            ),
        ],
    )
