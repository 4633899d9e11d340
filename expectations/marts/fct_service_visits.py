"""Second gate for fct_service_visits: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import filled, holds, id_unique, one_of


def suite() -> gx.ExpectationSuite:
    """Expectations for the service visits of a build."""
    return gx.ExpectationSuite(
        name="marts.fct_service_visits",
        expectations=[
            id_unique("visit_id", "visit"),
            filled("dealer_code", "A visit was made to a dealer."),
            filled("business_date", "A visit without a business day is in no period."),
            holds(
                "day_impossible",
                "business_date >= date '1990-01-01'",
                "The business day is before 1990.",
                key="visit_id",
                column="business_date",
                action="warn",
            ),
            holds(
                "money_inconsistent",
                "abs(net_amount - (coalesce(labor_amount, 0) + coalesce(parts_amount, 0))) < 0.005",
                "The net amount of a visit is its work and its parts.",
                key="visit_id",
                column="net_amount",
            ),
            one_of("paid_by", ("customer", "warranty", "unknown")),
        ],
    )
