"""Second gate for dim_customer_contacts: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import filled, holds, one_of


def suite() -> gx.ExpectationSuite:
    """Expectations for the contact points of a build."""
    return gx.ExpectationSuite(
        name="marts.dim_customer_contacts",
        expectations=[
            filled("contact_value", "A contact point without a value reaches nobody."),
            one_of("contact_type", ("phone", "email", "address")),
            holds(
                "phone_malformed",
                r"contact_type <> 'phone' or contact_value ~ '^\+\d{7,15}$'",
                "A phone number is written with plus, country code and number.",
                key="customer_id",
                column="contact_value",
                action="warn",
            ),
        ],
    )
