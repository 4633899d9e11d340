"""Second gate for mart_segmentation: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, one_of


def suite() -> gx.ExpectationSuite:
    """Expectations for the segments of the customers of a build."""
    return gx.ExpectationSuite(
        name="marts.mart_segmentation",
        expectations=[
            one_of("scope_type", ("group", "brand")),
            between("r_score", 1, 5, "Scores are fifths, from 1 to 5."),
            between("f_score", 1, 5, "Scores are fifths, from 1 to 5."),
            between("m_score", 1, 5, "Scores are fifths, from 1 to 5."),
            between("recency_days", 0, None, "Nobody bought after the day of the build."),
        ],
    )
