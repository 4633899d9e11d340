"""Second gate for fct_survey_responses: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the complete survey responses of a build."""
    return gx.ExpectationSuite(
        name="marts.fct_survey_responses",
        expectations=[
            id_unique("response_id", "response"),
            between("nps", 0, 10, "Whether somebody would recommend us is answered from 0 to 10.", action="warn"),
            between("csat", 1, 5, "Satisfaction is answered from 1 to 5.", action="warn"),
        ],
    )
