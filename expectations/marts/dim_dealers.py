"""Second gate for dim_dealers: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import filled, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the dealers of a build."""
    return gx.ExpectationSuite(
        name="marts.dim_dealers",
        expectations=[
            id_unique("dealer_code", "dealer"),
            filled("dealer_name", "A dealer has a name that head office knows it by."),
            filled("time_zone", "Without a time zone the days of a dealer cannot be told."),
        ],
    )
