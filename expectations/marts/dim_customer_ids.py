"""Second gate for dim_customer_ids: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import holds, id_unique, one_of


def suite() -> gx.ExpectationSuite:
    """Expectations for the ids ever published."""
    return gx.ExpectationSuite(
        name="marts.dim_customer_ids",
        expectations=[
            id_unique("published_customer_id", "id ever published"),
            one_of("status", ("current", "merged", "split", "erased")),
            holds(
                "current_id_points_elsewhere",
                "status <> 'current' or customer_id = published_customer_id",
                "A current id stands for itself.",
                key="published_customer_id",
                column="customer_id",
            ),
        ],
    )
