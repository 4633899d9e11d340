"""Second gate for dim_vehicles: what must hold before anyone sees it."""

from __future__ import annotations

import great_expectations as gx

from expectations.marts.common_rules import between, id_unique


def suite() -> gx.ExpectationSuite:
    """Expectations for the vehicles of a build."""
    return gx.ExpectationSuite(
        name="marts.dim_vehicles",
        expectations=[
            id_unique("vehicle_id", "vehicle"),
            between("model_year", 1900, 2100, "A model year is one of which cars exist.", action="warn"),
            between(
                "last_odometer_km", 0, 2_000_000, "No car has run less than 0 or more than 2,000,000 km.", action="warn"
            ),
            between("odometer_km_per_day", 0, 2_000, "No car runs backwards or 2,000 km a day.", action="warn"),
        ],
    )
