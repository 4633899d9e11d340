"""Second gate for mart_sales_kpis: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, holds, scope_rules


def suite() -> gx.ExpectationSuite:
    """Expectations for the sales figures of a build."""
    return gx.ExpectationSuite(
        name="marts.mart_sales_kpis",
        expectations=[
            *scope_rules(),
            between("documents", 0, None, "There are no fewer documents than none."),
            holds(
                "more_customers_than_documents",
                "customers <= documents",
                "Every customer of a month has at least one document in it.",
                key="scope_code",
                column="customers",
            ),
            holds(
                "ratio_without_base",
                "(documents = 0) = (average_check is null)",
                "Without documents there is no average check, and with them there is one.",
                key="scope_code",
                column="average_check",
            ),
            holds(
                "average_inconsistent",
                "abs(average_check * documents - net_amount) <= 0.01 * documents",
                "The average check is the money by the documents.",
                key="scope_code",
                column="net_amount",
            ),
        ],
    )
