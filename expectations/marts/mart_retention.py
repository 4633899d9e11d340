"""Second gate for mart_retention: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, holds, one_of, scope_rules


def suite() -> gx.ExpectationSuite:
    """Expectations for the retention of a build."""
    return gx.ExpectationSuite(
        name="marts.mart_retention",
        expectations=[
            *scope_rules(),
            one_of("base_definition", ("active", "owner")),
            holds(
                "retention_identity",
                "customers_at_end = customers_at_start - lost_customers + new_customers + reactivated_customers",
                "Who is there at the end was there at the start and stayed, or is new, or came back: nobody else.",
                key="scope_code",
            ),
            holds(
                "retained_identity",
                "retained_customers = customers_at_start - lost_customers",
                "Who was there at the start stayed or was lost.",
                key="scope_code",
                column="retained_customers",
            ),
            between("crr", 0, 1, "Of those there at the start no more than all can stay."),
            holds(
                "ratio_without_base",
                "(customers_at_start = 0) = (crr is null and coalesce(reason_code, '') = 'no_base')",
                "Where nobody was there at the start there is no rate but a reason, and nowhere else.",
                key="scope_code",
                column="crr",
            ),
            holds(
                "period_reversed",
                "period_end > period_start",
                "A period ends after it starts.",
                key="scope_code",
                column="period_end",
            ),
        ],
    )
