"""Second gate for bridge_customer_records: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, filled, key_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the records of the customers of a build."""
    return gx.ExpectationSuite(
        name="marts.bridge_customer_records",
        expectations=[
            key_unique(("dealer_code", "source_system", "entity", "source_record_id"), "record of a customer"),
            filled("customer_id", "A record belongs to a customer, be it to one of its own."),
            filled("source_file", "A record shows the file it came from: that is the way back."),
            between("source_row", 1, None, "A record shows its row in the file, counted from 1."),
            between("link_probability", 0, 1, "A probability lies between 0 and 1."),
        ],
    )
