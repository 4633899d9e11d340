"""Second gate for fct_leads: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, filled, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the leads of a build."""
    return gx.ExpectationSuite(
        name="marts.fct_leads",
        expectations=[
            id_unique("lead_id", "lead"),
            filled("dealer_code", "A lead was given to a dealer."),
            filled("created_at", "A lead without its moment can be given to no dealer by who was first."),
            between("response_minutes", 0, None, "No lead is answered before it comes."),
        ],
    )
