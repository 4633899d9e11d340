"""Rows as centres export them, in our columns: before a dealer's own names and formats are put on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from demo.clerk import Written

Value = str | int | bool | date | datetime | None


@dataclass(frozen=True)
class Row:
    """One version of a record of one feed: what its cells mean, from which day on, and whom it speaks of."""

    feed_owner: str  # whose feed carries it: a centre or `_group`
    dealer_code: str
    source: str
    entity: str
    known_on: date  # the first file of a later date holds it
    values: dict[str, Value]
    people: dict[str, str] = field(default_factory=dict)  # role ("" is the row's own person): who it is
    extra: dict[str, str] = field(default_factory=dict)  # columns of the dealer that are not ours
    unjudged: str = ""  # why nobody could tell from the row who is meant
    spoiled: str = ""  # rule that keeps the row out of raw
    medium: str = ""  # of two feeds of one entity, which one: `adf` or nothing

    @property
    def source_id(self) -> str:
        """The record's number in its source; numbers that repeat every year repeat here too."""
        return str(self.values.get("source_id") or "")

    @property
    def record_id(self) -> str:
        """The record's key within dealer, system and entity: the number, with the year where it needs one."""
        closed_at = self.values.get("closed_at")
        if self.entity == "service_orders" and isinstance(closed_at, datetime):
            return f"{closed_at.year}-{self.source_id}"
        # A reader of ADF puts the name of the site before the prospect's number.
        return f"{self.feed_owner}-site/{self.source_id}" if self.medium == "adf" else self.source_id


def person_values(written: Written, prefix: str = "") -> dict[str, Value]:
    """The person columns of a written customer, under a role's prefix if one is given."""
    values: dict[str, Value] = {
        "full_name": written.full_name or written.company_name,
        "last_name": written.first_name if written.is_swapped else written.last_name,
        "first_name": written.last_name if written.is_swapped else written.first_name,
        "middle_name": written.middle_name,
        "birth_date": written.birth_date,
        "gender": written.gender,
        "phone": written.phone,
        "phone_2": written.phone_2,
        "email": written.email,
        "address": ", ".join(part for part in (written.postal_code, written.city, written.address) if part),
        "street_address": written.address,
        "city": written.city,
        "region": written.region,
        "postal_code": written.postal_code,
        "tax_id": written.tax_id,
        "company_name": written.company_name,
    }
    return {f"{prefix}{name}": value for name, value in values.items()}


def current_versions(rows: Iterable[Row], before: date) -> list[Row]:
    """The last version before a day of each record, in the order in which the records were first known."""
    current: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row.known_on):
        if row.known_on < before:
            current[row.record_id or f"row {len(current)}"] = row
    return list(current.values())
