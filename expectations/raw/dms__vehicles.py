"""First gate for raw.dms__vehicles: what a batch of vehicle cards must hold before dbt may read it."""

from __future__ import annotations

import great_expectations as gx

from expectations.raw.common_rules import (
    detail_readable,
    key_rules,
    model_year_rules,
    odometer_rules,
    one_of_filled,
    person_rules,
    vin_usable,
)
from expectations.rules import BatchFacts, row_rule


def suite(facts: BatchFacts) -> gx.ExpectationSuite:
    """Expectations for one batch of vehicle cards."""
    return gx.ExpectationSuite(
        name="raw.dms__vehicles",
        expectations=[
            *key_rules(),
            one_of_filled("vin", "chassis_no"),
            vin_usable(),
            *model_year_rules(facts),
            *odometer_rules(),
            detail_readable("first_registered_on", "a date"),
            row_rule(
                "first_registration_impossible",
                f"first_registered_on between date '1900-01-01' and date '{facts.delivered_on:%Y-%m-%d}' + 1",
                "The first registration is before 1900 or after the delivery of the file.",
                column="first_registered_on",
                action="warn",
            ),
            *person_rules(facts),
        ],
    )
