"""Second gate for fct_vehicle_sales: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, filled, holds, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the delivered sales of a build."""
    return gx.ExpectationSuite(
        name="marts.fct_vehicle_sales",
        expectations=[
            id_unique("sale_id", "sale"),
            filled("dealer_code", "A sale was made by a dealer."),
            filled("business_date", "A sale without a business day is in no period."),
            holds(
                "day_impossible",
                "business_date >= date '1990-01-01'",
                "The business day is before 1990.",
                key="sale_id",
                column="business_date",
                action="warn",
            ),
            holds(
                "money_inconsistent",
                "abs(net_amount - (price_amount - coalesce(discount_amount, 0))) < 0.005",
                "The net amount of a sale is its price less its discount.",
                key="sale_id",
                column="net_amount",
            ),
            between("purchase_number", 1, None, "Purchases of a customer are counted from 1."),
        ],
    )
