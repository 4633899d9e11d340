"""Second gate for dim_customers: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, holds, id_unique, one_of


def suite() -> gx.ExpectationSuite:
    """Expectations for the customers of a build."""
    return gx.ExpectationSuite(
        name="marts.dim_customers",
        expectations=[
            id_unique("customer_id", "customer"),
            one_of("customer_type", ("person", "organisation")),
            one_of("lifecycle_stage", ("prospect", "lead", "customer", "lapsed", "ex_owner")),
            between("record_count", 1, None, "A customer is made of at least one record of a dealer."),
            between("completeness", 0, 1, "The share of the profile that is filled lies between 0 and 1."),
            between("birth_year", 1900, 2100, "A birth year is that of a living person.", action="warn"),
            holds(
                "seen_last_before_first",
                "last_seen_at >= first_seen_at",
                "A customer is not seen for the last time before the first.",
                key="customer_id",
                column="last_seen_at",
            ),
        ],
    )
