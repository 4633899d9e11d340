"""Simulated people with their mistakes, as a CSV file on stdout. Runs in the benchmarks' own environment.

The sample that the pseudopeople package ships, in two censuses ten years apart and the tax forms of two years between:
people move, marry and change their surnames, and live in households; `cluster` is the simulation's own number of a
person. Tax forms carry no birth date.
"""

from __future__ import annotations

import sys

import pandas as pd  # type: ignore[import-untyped]
import pseudopeople  # type: ignore[import-not-found]

SEED = 1


def censuses() -> pd.DataFrame:
    """Everybody in 2020 and 2030."""
    years = [
        pseudopeople.generate_decennial_census(seed=SEED, year=year).assign(source=f"census{year}")
        for year in (2020, 2030)
    ]
    found = pd.concat(years)
    found["birth_date"] = pd.to_datetime(found["date_of_birth"], format="%m/%d/%Y", errors="coerce").dt.strftime(
        "%Y-%m-%d"
    )
    found["gender"] = found["sex"].str.lower()
    return found.rename(columns={"middle_initial": "middle_name"})


def tax_forms() -> pd.DataFrame:
    """Those who earned wages in 2024 and 2028; one form of an employer each."""
    years = [
        pseudopeople.generate_taxes_w2_and_1099(seed=SEED, year=year).assign(source=f"wages{year}")
        for year in (2024, 2028)
    ]
    found = pd.concat(years)
    return found.rename(
        columns={
            "middle_initial": "middle_name",
            "mailing_address_street_number": "street_number",
            "mailing_address_street_name": "street_name",
            "mailing_address_unit_number": "unit_number",
            "ssn": "national_id",
        }
    )


def main() -> None:
    """Write the rows of all sources below one another."""
    people = pd.concat([censuses(), tax_forms()], ignore_index=True).astype(object).fillna("")
    people["address"] = (
        people["street_number"].astype(str)
        + " "
        + people["street_name"].astype(str)
        + " "
        + people["unit_number"].astype(str)
    ).str.strip()
    people["source_id"] = people["source"] + "-" + people.index.astype(str)
    people["cluster"] = people["simulant_id"]
    columns = ["source_id", "first_name", "middle_name", "last_name", "birth_date", "gender", "address", "national_id"]
    people[[*columns, "cluster"]].to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
