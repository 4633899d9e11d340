"""For every rule of every suite the one spoiled row that this rule alone catches.

`ROWS[suite][rule, column]` is what differs from the suite's good row. `SHARES` are the rules that hold for most of the
cells of a column: the value is a cell that does not count as usable.
"""

from __future__ import annotations

from typing import Any

Mutations = dict[tuple[str, str | None], dict[str, Any]]

NO_PERSON = {
    "full_name": None,
    "phone": None,
    "email": None,
}


def unreadable(*columns: str) -> Mutations:
    return {("cell_unreadable", column): {column: None, f"{column}_is_castable": False} for column in columns}


def unknown_word(*columns: str) -> Mutations:
    return {("word_unknown", column): {column: None, f"{column}_is_known": False} for column in columns}


def missing(*columns: str) -> Mutations:
    return {("value_missing", column): {column: None} for column in columns}


def moment(column: str, **others: Any) -> Mutations:
    return {
        **unreadable(column),
        ("date_before_1990", column): {**others, column: "1989-12-31T23:00:00+00:00"},
        ("date_after_delivery", column): {**others, column: "2026-03-07T00:00:00+00:00"},
    }


def key() -> Mutations:
    return {
        ("key_repeated", None): {"is_key_repeated": True},
        ("dealer_unknown", "dealer_code"): {"is_dealer_known": False, "dealer_code": "d99"},
    }


def person(*roles: str) -> Mutations:
    mutations: Mutations = {}
    for role in ("", *(f"{role}_" for role in roles)):
        mutations |= {
            **unreadable(f"{role}birth_date"),
            **unknown_word(f"{role}gender", f"{role}consent_marketing"),
            ("birth_date_impossible", f"{role}birth_date"): {f"{role}birth_date": "2026-03-06"},
            ("birth_date_placeholder", f"{role}birth_date"): {f"{role}birth_date": "1970-01-01"},
            ("phone_unusable", f"{role}phone"): {f"{role}phone": "нет"},
            ("email_unusable", f"{role}email"): {f"{role}email": "нет"},
            ("test_record", f"{role}full_name"): {f"{role}full_name": "Тестовый Клиент"},
        }
    return mutations


def model_year() -> Mutations:
    return {**unreadable("model_year"), ("model_year_out_of_range", "model_year"): {"model_year": 2028}}


def odometer() -> Mutations:
    return {**unreadable("odometer_km"), ("odometer_out_of_range", "odometer_km"): {"odometer_km": 2_000_001}}


def period() -> Mutations:
    return {
        **missing("period"),
        ("period_malformed", "period"): {"period": "03.2025"},
        ("period_after_delivery", "period"): {"period": "2027-01"},
    }


ROWS: dict[str, Mutations] = {
    "dms__customers": {
        **key(),
        **missing("source_id"),
        **moment("created_at"),
        **moment("updated_at"),
        ("customer_missing", None): NO_PERSON,
        **person(),
    },
    "dms__vehicles": {
        **key(),
        ("one_of_missing", "vin"): {"vin": None},
        ("vin_unusable", "vin"): {"vin": "отсутствует"},
        **model_year(),
        **odometer(),
        **unreadable("first_registered_on"),
        ("first_registration_impossible", "first_registered_on"): {"first_registered_on": "2026-03-07"},
        **person(),
    },
    "dms__sales": {
        **key(),
        **missing("source_id"),
        ("one_of_missing", "sold_at"): {"sold_at": None, "contracted_at": None},
        **moment("sold_at", contracted_at=None),
        **moment("contracted_at", sold_at=None),
        ("sold_before_contract", "sold_at"): {"sold_at": "2026-02-28T00:00:00+03:00"},
        **unreadable("price_amount", "discount_amount", "cost_amount"),
        ("price_not_positive", "price_amount"): {"price_amount": "0", "discount_amount": None},
        ("discount_out_of_range", "discount_amount"): {"discount_amount": "1500001"},
        ("amount_negative", "cost_amount"): {"cost_amount": "-1"},
        ("currency_foreign", "currency"): {"currency": "USD"},
        **model_year(),
        **unknown_word("document_type", "status", "vehicle_condition"),
        ("vin_unusable", "vin"): {"vin": "XTA123"},
        ("vin_unusable", "trade_in_vin"): {"trade_in_vin": "XTA123"},
        ("vehicle_missing", None): {"vin": None},
        ("customer_missing", None): NO_PERSON,
        **person("payer", "driver"),
    },
    "dms__service_orders": {
        **key(),
        **missing("source_id", "closed_at"),
        **moment("closed_at", opened_at=None),
        **moment("opened_at"),
        ("date_before_1990", "closed_at"): {"closed_at": "1989-12-31T23:00:00+00:00", "opened_at": None},
        ("date_after_delivery", "opened_at"): {
            "opened_at": "2026-03-07T00:00:00+00:00",
            "closed_at": "2026-03-06T23:00:00+00:00",
        },
        ("closed_before_opened", "closed_at"): {"closed_at": "2026-03-02T08:00:00+03:00"},
        **odometer(),
        **unreadable("labor_amount", "parts_amount"),
        ("amount_negative", "labor_amount"): {"labor_amount": "-0.01"},
        ("currency_foreign", "currency"): {"currency": "EUR"},
        **unknown_word("paid_by"),
        ("vin_unusable", "vin"): {"vin": "XTA123"},
        ("vehicle_missing", None): {"vin": None},
        ("customer_missing", None): {
            **NO_PERSON,
            "payer_full_name": None,
            "payer_phone": None,
            "driver_full_name": None,
            "driver_phone": None,
        },
        **person("payer", "driver"),
    },
    "web__leads": {
        **key(),
        **missing("source_id", "created_at"),
        **moment("created_at"),
        ("contact_missing", None): {"phone": None, "email": None},
        ("consent_text_missing", "consent_text_id"): {"consent_text_id": None},
        **person(),
    },
    "telephony__calls": {
        **key(),
        **missing("source_id", "started_at"),
        **moment("started_at"),
        **unknown_word("direction"),
        **unreadable("duration_s"),
        ("duration_out_of_range", "duration_s"): {"duration_s": -1},
        ("caller_missing", "caller_number"): {"caller_number": None, "phone": None},
        ("phone_unusable", "caller_number"): {"caller_number": "anonymous"},
        **person(),
    },
    "crm__contact_events": {
        **key(),
        **missing("source_id", "occurred_at"),
        **moment("occurred_at"),
        **unknown_word("direction"),
        ("customer_missing", None): NO_PERSON,
        **person(),
    },
    "crm__invitations": {
        **key(),
        **missing("sent_at"),
        **moment("sent_at", event_date=None),
        **unreadable("event_date"),
        ("event_date_implausible", "event_date"): {"event_date": "2027-04-01"},
        ("customer_missing", None): NO_PERSON,
        **person(),
    },
    "crm__consents": {
        **key(),
        **missing("occurred_at", "status"),
        **moment("occurred_at"),
        **unknown_word("status"),
        ("consent_text_missing", "text_version"): {"text_version": None},
        ("customer_missing", None): NO_PERSON,
        **person(),
    },
    "surveys__responses": {
        **key(),
        **missing("source_id"),
        **moment("submitted_at"),
        ("response_undated", "submitted_at"): {"submitted_at": "1980-01-01T00:00:00+03:00"},
        **unreadable("is_complete", "nps", "csat"),
        ("score_out_of_range", "nps"): {"nps": 11},
        ("score_out_of_range", "csat"): {"csat": 0},
        **person(),
    },
    "market__registrations": {
        ("key_repeated", None): {"is_key_repeated": True},
        **period(),
        **missing("brand", "units"),
        **unreadable("units"),
        ("units_out_of_range", "units"): {"units": -1},
    },
    "market__channel_spend": {
        **key(),
        **period(),
        **missing("channel", "amount"),
        **unreadable("amount"),
        ("amount_negative", "amount"): {"amount": "-1"},
    },
}

SHARE_RULES = {"phone_unusable", "email_unusable", "vin_unusable"}
