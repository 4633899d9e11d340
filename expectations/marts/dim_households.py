"""Second gate for dim_households: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the households of a build."""
    return gx.ExpectationSuite(
        name="marts.dim_households",
        expectations=[
            id_unique("household_id", "household"),
            between("member_count", 1, None, "A household has a member."),
        ],
    )
