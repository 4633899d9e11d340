"""Second gate for mart_customer_360: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, holds, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the page of every customer of a build."""
    return gx.ExpectationSuite(
        name="marts.mart_customer_360",
        expectations=[
            id_unique("customer_id", "customer"),
            between("sales_count", 0, None, "Nobody bought fewer than no cars."),
            between("visits_count", 0, None, "Nobody came fewer than no times."),
            between("last_nps", 0, 10, "Whether somebody would recommend us is answered from 0 to 10.", action="warn"),
            holds(
                "purchases_without_dates",
                "(sales_count > 0) = (first_purchase_date is not null)",
                "Who bought has a day of the first purchase, and who did not has none.",
                key="customer_id",
                column="first_purchase_date",
            ),
            holds(
                "last_before_first_purchase",
                "last_purchase_date >= first_purchase_date",
                "The last purchase is not before the first.",
                key="customer_id",
                column="last_purchase_date",
            ),
        ],
    )
