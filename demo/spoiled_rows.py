"""Rows that must not reach raw: facts that cannot be read or cannot be true, each under the rule that keeps it out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from demo.rows import Row, Value


@dataclass(frozen=True)
class Spoiling:
    """What is put into a copy of a sound row of a feed, and the rule that the copy then breaks."""

    feed_owner: str
    source: str
    entity: str
    rule: str
    cells: dict[str, Value]


SPOILINGS = (
    Spoiling("d01", "dms", "sales", "price_not_positive", {"price_amount": 0, "discount_amount": 0}),
    Spoiling("d01", "dms", "service_orders", "cell_unreadable", {"closed_at": "31.02.2025 10:00"}),
    Spoiling("d02", "dms", "sales", "currency_foreign", {"currency": "USD"}),
    Spoiling("d02", "dms", "sales", "price_not_positive", {"price_amount": -1_500_000, "document_type": "sale"}),
    Spoiling("d02", "dms", "sales", "value_missing", {"source_id": ""}),
    Spoiling("d03", "dms", "service_orders", "odometer_out_of_range", {"odometer_km": 98_765_432}),
    Spoiling("d04", "dms", "sales", "model_year_out_of_range", {"model_year": 3024}),
    Spoiling(
        "d04",
        "dms",
        "sales",
        "sold_before_contract",
        {"contracted_at": date(2025, 5, 20), "sold_at": datetime(2025, 5, 2, 12, 0), "status": "delivered"},
    ),
    Spoiling("d05", "dms", "service_orders", "date_after_delivery", {"closed_at": datetime(2031, 4, 14, 15, 30)}),
    Spoiling("d06", "dms", "service_orders", "cell_unreadable", {"labor_amount": "по договорённости"}),
    Spoiling("_group", "web", "leads", "dealer_unknown", {"dealer_code": "d77"}),
    Spoiling("_group", "web", "leads", "cell_unreadable", {"created_at": "вчера"}),
    Spoiling("_group", "telephony", "calls", "dealer_unknown", {"dealer_code": "zapad-avto"}),
    Spoiling("_group", "crm", "invitations", "date_before_1990", {"sent_at": datetime(1970, 1, 1, 0, 0)}),
    Spoiling("_group", "surveys", "responses", "score_out_of_range", {"nps": 11}),
)


def spoiled_rows(rng: random.Random, rows: Sequence[Row], before: date) -> list[Row]:
    """A spoiled copy of a sound row known before the day, for each of `SPOILINGS`, under a number of its own."""
    spoiled = []
    for number, spoiling in enumerate(SPOILINGS, start=1):
        sound = [
            row
            for row in rows
            if (row.feed_owner, row.source, row.entity) == (spoiling.feed_owner, spoiling.source, spoiling.entity)
            and row.known_on < before
            and not row.medium
            and row.values.get("document_type") in (None, "sale")
        ]
        row = rng.choice(sound)
        values = row.values | {"source_id": f"Б{number}{row.source_id}"} | spoiling.cells
        spoiled.append(replace(row, values=values, spoiled=spoiling.rule))
    return spoiled
