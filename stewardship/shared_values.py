"""Values that matching tells nobody by, because too many people have them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from stewardship.evaluation import require_build


@dataclass(frozen=True)
class SharedValue:
    """A phone, e-mail, birth date, card or number that is no evidence, in the whole group or at one dealer.

    `dealer_code` is None for the whole group. The counts are of different beginnings of surnames and of first names,
    of birth dates, and of a card's numbers and mailboxes without a name; `why` says what limit they are over.
    """

    attribute: str
    value: str
    dealer_code: str | None
    surname_count: int
    first_name_count: int
    birth_date_count: int
    contact_count: int
    why: str


def shared_values(
    connection: psycopg.Connection, *, limit: int, dealer_code: str | None = None
) -> tuple[list[SharedValue], int]:
    """The values that the last build barred, those of most surnames first: at most `limit`, and how many there are.

    With `dealer_code` only what is barred at this dealer alone.

    Raises:
        NothingBuilt: there is no build.
    """
    require_build(connection)
    with connection.cursor(row_factory=class_row(SharedValue)) as cursor:
        found = cursor.execute(
            """
            select
                attribute, value_used as value, dealer_code,
                surname_count, first_name_count, birth_date_count, contact_count, why
            from build.int_customer_values_barred
            where cast(%(dealer_code)s as text) is null or dealer_code = %(dealer_code)s
            order by surname_count desc, first_name_count desc, attribute, value_used, dealer_code nulls first
            """,
            {"dealer_code": dealer_code},
        ).fetchall()
    return found[:limit], len(found)
