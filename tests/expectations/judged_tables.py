"""Makes the tables that the first gate judges, as ingestion makes them, from hand-written rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from ingestion.cells import SQL_TYPES
from ingestion.contracts import Contract, load_contracts

DELIVERED_ON = date(2026, 3, 5)

PERSON = {
    "full_name": "Петров Иван Сергеевич",
    "birth_date": "1984-05-17",
    "gender": "male",
    "phone": "8 (916) 123-45-67",
    "email": "petrov@example.org",
    "consent_marketing": "denied",
}

GOOD_ROWS: dict[str, dict[str, Any]] = {
    "dms__customers": {**PERSON, "source_id": "1", "created_at": "2020-02-01T00:00:00+03:00"},
    "dms__vehicles": {
        **PERSON,
        "vin": "XTAGFK330JY144213",
        "model_year": 2018,
        "odometer_km": 120_000,
        "first_registered_on": "2018-04-01",
    },
    "dms__sales": {
        **PERSON,
        **{f"{role}_{name}": value for role in ("payer", "driver") for name, value in PERSON.items()},
        "source_id": "17",
        "contracted_at": "2026-03-01T00:00:00+03:00",
        "sold_at": "2026-03-04T00:00:00+03:00",
        "document_type": "sale",
        "status": "delivered",
        "vin": "ХТАGFK330JY144213",
        "trade_in_vin": "WBA71DC010CH14720",
        "model_year": 2026,
        "vehicle_condition": "new",
        "price_amount": "1500000.00",
        "discount_amount": "50000",
        "cost_amount": "1400000",
        "currency": "RUB",
    },
    "dms__service_orders": {
        **PERSON,
        **{f"{role}_{name}": value for role in ("payer", "driver") for name, value in PERSON.items()},
        "source_id": "17",
        "opened_at": "2026-03-03T09:00:00+03:00",
        "closed_at": "2026-03-03T18:00:00+03:00",
        "vin": "XTAGFK330JY144213",
        "odometer_km": 45_000,
        "paid_by": "customer",
        "labor_amount": "4000",
        "parts_amount": "0",
        "currency": "RUB",
    },
    "web__leads": {
        **PERSON,
        "source_id": "a1",
        "created_at": "2026-03-04T23:59:00+03:00",
        "consent_marketing": "granted",
        "consent_text_id": "v3",
    },
    "telephony__calls": {
        **PERSON,
        "source_id": "c1",
        "started_at": "2026-03-04T12:00:00+03:00",
        "direction": "in",
        "caller_number": "79161234567",
        "duration_s": 75,
    },
    "crm__contact_events": {
        **PERSON,
        "source_id": "k1",
        "occurred_at": "2026-03-04T12:00:00+03:00",
        "direction": "out",
    },
    "crm__invitations": {**PERSON, "sent_at": "2026-03-01T12:00:00+03:00", "event_date": "2026-04-01"},
    "crm__consents": {
        **PERSON,
        "occurred_at": "2026-03-01T12:00:00+03:00",
        "status": "granted",
        "text_version": "v3",
    },
    "surveys__responses": {
        **PERSON,
        "source_id": "r1",
        "submitted_at": "2026-03-01T12:00:00+03:00",
        "is_complete": True,
        "nps": 10,
        "csat": 5,
    },
    "market__registrations": {"period": "2025-Q4", "brand": "LADA", "region": "Москва", "units": 12_345},
    "market__channel_spend": {"period": "2026-02", "channel": "avito", "amount": "0"},
}


def contract_of(suite: str) -> Contract:
    """The contract whose raw table, suite and judged table have that name."""
    source, _, entity = suite.partition("__")
    return load_contracts()[source, entity]


def make_judged_table(database_url: str, suite: str, rows: list[dict[str, Any]]) -> str:
    """A committed table of the suite's kind, one row per dict, numbered from 2 on; returns `landing.judged_…`.

    Each dict names what differs from an empty row whose cells are all readable.
    """
    contract = contract_of(suite)
    types = {"_source_row": "bigint not null", "dealer_code": "text", "source_record_id": "text"}
    defaults: dict[str, Any] = {"dealer_code": "d01"}
    for column in contract.columns:
        types.setdefault(column.name, SQL_TYPES[column.type])
        if column.type == "word":
            types[f"{column.name}_is_known"] = "boolean"
            defaults[f"{column.name}_is_known"] = True
        elif column.type != "text":
            types[f"{column.name}_is_castable"] = "boolean"
            defaults[f"{column.name}_is_castable"] = True
    types |= {"is_dealer_known": "boolean", "is_key_repeated": "boolean"}
    defaults |= {"is_dealer_known": True, "is_key_repeated": False}

    table = sql.Identifier("landing", f"judged_{suite}")
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("drop table if exists {}").format(table))
        connection.execute(
            sql.SQL("create unlogged table {} ({})").format(
                table,
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types.items()
                ),
            )
        )
        insert = sql.SQL("insert into {} values ({})").format(
            table, sql.SQL(", ").join([sql.Placeholder()] * len(types))
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                insert, [_values(types, defaults, number, row) for number, row in enumerate(rows, start=2)]
            )
    return f"landing.judged_{suite}"


def _values(types: dict[str, str], defaults: dict[str, Any], number: int, row: dict[str, Any]) -> list[Any]:
    values = {**defaults, "_source_row": number, "source_record_id": str(number), **row}
    unknown = set(values) - set(types)
    assert not unknown, f"the contract has no columns {unknown}"
    return [values.get(name) for name in types]
