"""What the group must be told about every load, and the rule or named check that tells it."""

from __future__ import annotations

import inspect

import pytest

import ingestion.control_totals
import ingestion.errors
import ingestion.file_checks
from tests.expectations.raw.mutations import ROWS
from tests.expectations.tiny_build import MUTATIONS
from warehouse.settings import PROJECT_ROOT

RAW_RULES = {rule for mutations in ROWS.values() for rule, _ in mutations}
MART_RULES = {rule for rule, _ in MUTATIONS}
FILE_REFUSALS = {
    name
    for name, kind in vars(ingestion.errors).items()
    if inspect.isclass(kind) and issubclass(kind, ingestion.errors.RefusedFile)
}

RAW, MART, FILE, MODEL = "a rule of the first gate", "a rule of the second gate", "a refusal of a file", "a dbt model"

CHECKS = {
    "file present by the due time": [(MODEL, "rpt_freshness")],
    "dealer code inside is the expected one": [
        (FILE, "FileOfAnotherDealer"),
        (FILE, "AllRecordsNew"),
        (RAW, "dealer_unknown"),
    ],
    "encoding": [(FILE, "EncodingContradicted")],
    "delimiter": [(FILE, "RaggedRows")],
    "header": [(FILE, "MissingColumns"), (FILE, "RepeatedColumns")],
    "date order": [(FILE, "AmbiguousDates")],
    "decimal mark": [(FILE, "AmbiguousNumbers")],
    "control total": [(FILE, "ControlTotalDiffers"), (FILE, "TruncatedFile")],
    "row count within the band of the last deliveries": [(FILE, "FarFewerRows")],
    "empty full file": [(FILE, "NoRows"), (FILE, "EmptyFile")],
    "required columns not null": [(RAW, "value_missing"), (RAW, "one_of_missing")],
    "keys unique": [(RAW, "key_repeated")],
    "cells that can be read": [(RAW, "cell_unreadable")],
    "orphan keys: orders without vehicle or customer": [(RAW, "vehicle_missing"), (RAW, "customer_missing")],
    "dates not in the future": [(RAW, "date_after_delivery"), (RAW, "period_after_delivery")],
    "dates not before 1990": [(RAW, "date_before_1990")],
    "delivery not before contract": [(RAW, "sold_before_contract")],
    "close not before open": [(RAW, "closed_before_opened")],
    "placeholder birth dates": [(RAW, "birth_date_placeholder"), (RAW, "birth_date_impossible")],
    "amounts in range": [(RAW, "price_not_positive"), (RAW, "discount_out_of_range"), (RAW, "amount_negative")],
    "one currency": [(RAW, "currency_foreign")],
    "phone usable": [(RAW, "phone_unusable")],
    "e-mail usable": [(RAW, "email_unusable")],
    "VIN length and alphabet": [(RAW, "vin_unusable")],
    "odometer": [(RAW, "odometer_out_of_range"), (MART, "odometer_decreases")],
    "stop-list hits, one contact of many people": [(MART, "contact_shared")],
    "test records": [(RAW, "test_record")],
    "words that nobody mapped": [(RAW, "word_unknown"), (MODEL, "rpt_unmapped_values")],
    "consent without a text version": [(RAW, "consent_text_missing")],
    "consent granted after withdrawal": [(MART, "consent_after_withdrawal")],
    "consolidation rate jump": [(MART, "consolidation_jump")],
    "largest cluster": [(MART, "cluster_too_large")],
    "clusters of more than two birth dates": [(MART, "birth_dates_contradict")],
    "must-link and must-not-link pairs, decisions survive a rebuild": [(MART, "decision_not_followed")],
    "retention identity": [(MART, "retention_identity"), (MART, "retained_identity")],
    "group distinct not over the sum of dealers": [(MART, "group_over_dealers")],
    "money of facts is money of staging": [(MART, "money_lost"), (MART, "group_money_differs")],
    "no record lost on the way": [(MART, "records_lost"), (MART, "mart_empty"), (MART, "customer_unknown")],
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_of_data_quality_is_made_somewhere(check):
    for where, name in CHECKS[check]:
        if where == RAW:
            assert name in RAW_RULES
        elif where == MART:
            assert name in MART_RULES
        elif where == FILE:
            assert name in FILE_REFUSALS
        else:
            assert list((PROJECT_ROOT / "dbt_project" / "models").rglob(f"{name}.sql"))


def test_the_checks_of_a_file_that_refuse_it_are_named_where_they_are_made():
    source = inspect.getsource(ingestion.file_checks) + inspect.getsource(ingestion.control_totals)

    for name in (
        *("AllRecordsNew", "ControlTotalDiffers", "FarFewerRows", "FileOfAnotherDealer"),
        *("NoRows", "RaggedRows", "TruncatedFile"),
    ):
        assert f"raise {name}(" in source
