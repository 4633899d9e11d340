"""Why two records are one person, or not; and what holds a customer together."""

# ruff: noqa: S608 - statements are put together of the catalog's own definitions of views and of two numbers

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from stewardship.evaluation import build_outdated, require_build
from warehouse.errors import Dealer360Error

KEYS_IN_WORDS = {
    1: "e-mail",
    2: "tax number",
    4: "number of a document",
    8: "birth date and surname",
    16: "birth date, initials and gender",
    32: "surname and first name",
    64: "surname, first name and middle name",
    128: "names and town",
    256: "address",
    512: "surname, gender and first digits of the phone",
    1024: "company name",
    2048: "phone",
    4096: "vehicle",
    8192: "letters of the e-mail",
    16384: "birth date alone",
    32768: "surname alone",
    65536: "first name alone",
    131072: "surname and postal code",
    262144: "first name and postal code",
    524288: "surname and town",
    1048576: "first name and town",
    2097152: "beginnings of the names",
    4194304: "consonants of the names",
    8388608: "birth date and town",
    16777216: "postal code and house",
    33554432: "street and postal code",
    67108864: "postal code alone",
    134217728: "birth year and initials",
    268435456: "birth date and first name",
}
"""What the keys are called that propose pairs: the rules of macros/identity/block_rules.sql."""


_VIEWS_OF_PAIRS = ("int_customer_pairs_compared", "int_customer_pairs_judged")


class UnknownRecord(Dealer360Error):
    """No record of the last build has this key."""


class UnknownCustomer(Dealer360Error):
    """No customer of the last build has this id."""


@dataclass(frozen=True)
class Evidence:
    """What one attribute says about a pair: the level of agreement, and its weight in bits."""

    attribute: str
    level: str
    bits: float


@dataclass(frozen=True)
class PairExplanation:
    """A pair of records: the evidence in order of strength, its sum, and what became of the pair.

    `match_weight` and `match_probability` are None where the two are one record to matching, so there is nothing to
    compare. `verdict` is a sentence.
    """

    left_record: str
    right_record: str
    evidence: tuple[Evidence, ...]
    match_weight: float | None
    match_probability: float | None
    verdict: str


@dataclass(frozen=True)
class Link:
    """An accepted link of a customer, with its sentence."""

    left_record: str
    right_record: str
    match_weight: float
    sentence: str


@dataclass(frozen=True)
class CustomerExplanation:
    """A customer: its records (with the reason that holds each), its links, the weakest first."""

    customer_id: str
    records: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]


def explain_pair(connection: psycopg.Connection, left: str, right: str) -> PairExplanation:
    """Why the records with these keys (`d01/dms/sales/17`) are one person in the last build, or not.

    Raises:
        UnknownRecord: one of the keys is none of a record that names a person.
        NothingBuilt: there is no build.
        BuildOutdated: another version of the project has made it, or a build is making it anew.
    """
    require_build(connection)
    left, right = sorted((left, right))
    left_row, right_row = require_record(connection, left), require_record(connection, right)
    left_id, right_id = sorted((left_row["record_id"], right_row["record_id"]))
    pair = None if left_id == right_id else _judged(connection, left_id, right_id)
    evidence = () if pair is None else _evidence(pair)
    try:
        keys = _keys_in_common(connection, left_id, right_id)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise build_outdated(error) from error
    return PairExplanation(
        left,
        right,
        evidence,
        None if pair is None else float(pair["match_weight"]),
        None if pair is None else float(pair["match_probability"]),
        _verdict(
            left_row,
            right_row,
            pair,
            _decision(connection, left, right),
            keys,
        ),
    )


def explain_customer(connection: psycopg.Connection, customer_id: str) -> CustomerExplanation:
    """Which records a customer of the last build is made of, and which links hold them together.

    Raises:
        UnknownCustomer: the last build has no customer with this id.
        NothingBuilt: there is no build.
    """
    require_build(connection)
    records = connection.execute(
        "select record_key, link_reason from build.int_customer_ids_assigned where customer_id = %s order by 1",
        (customer_id,),
    ).fetchall()
    if not records:
        raise UnknownCustomer(
            customer_id,
            found="no such customer in the last build",
            expected="a customer_id as in marts.dim_customers",
            do="look up an old id in marts.dim_customer_ids; nothing was changed",
        )
    links = connection.execute(
        """
        select links.left_record, links.right_record, accepted.match_weight, links.sentence
        from build.int_customer_links_explained as links
        inner join build.int_customer_links_accepted as accepted using (left_record, right_record)
        where links.status = 'accepted' and links.left_record = any(%s)
        order by accepted.match_weight, links.left_record, links.right_record
        """,
        ([record_key for record_key, _ in records],),
    ).fetchall()
    return CustomerExplanation(customer_id, tuple(records), tuple(Link(*link) for link in links))


def evidence_under_review(connection: psycopg.Connection, left: str, right: str) -> tuple[Evidence, ...]:
    """What speaks for and against a pair of the review queue, the strongest first; nothing where it left the queue."""
    with connection.cursor(row_factory=dict_row) as cursor:
        pair = cursor.execute(
            """
            with ends as (
                select records.record_id
                from build.int_customer_ids_assigned as assigned
                inner join build.int_customer_records_unioned as records using (signature_id)
                where assigned.record_key = any(%s)
            )

            select * from build.int_customer_pairs_scored
            where left_id in (select record_id from ends) and right_id in (select record_id from ends)
            """,
            ([left, right],),
        ).fetchone()
        if pair is None:
            return ()
        chosen = cursor.execute("select attribute, level, bits from build.int_match_weights_chosen").fetchall()
    # What weighs the same in all pairs of its level does not stand beside the pair.
    weights = {(weight["attribute"], weight["level"]): weight["bits"] for weight in chosen}
    bits = {
        f"{attribute}_bits": weights.get((attribute, pair[f"{attribute}_level"])) or 0
        for attribute in (column.removesuffix("_level") for column in pair if column.endswith("_level"))
    }
    return _evidence(bits | pair)


def require_record(connection: psycopg.Connection, key: str) -> dict[str, Any]:
    """What the last build made of the record: `record_key, signature_id, customer_id, record_id, link_reason`.

    Raises:
        UnknownRecord: the key is none of a record that names a person.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """
            select assigned.record_key, assigned.signature_id, assigned.customer_id, records.record_id,
                assigned.link_reason
            from build.int_customer_ids_assigned as assigned
            inner join build.int_customer_records_unioned as records using (signature_id)
            where assigned.record_key = %s
            """,
            (key,),
        ).fetchone()
    if row is None:
        raise UnknownRecord(
            key,
            found="no record with this key that names a person, in the last build",
            expected="dealer/system/entity/id, as d01/dms/sales/17 or d01/dms/sales/17#payer",
            do="look the key up in marts.bridge_customer_records; nothing was changed",
        )
    return row


def _judged(connection: psycopg.Connection, left_id: int, right_id: int) -> dict[str, Any]:
    """What the models of the last build make of any two records, be it that nothing proposed them.

    The build keeps no pair that is far from being one person. Its views are read as they are defined, over this pair.

    Raises:
        BuildOutdated: another version of the project has made the build.
    """
    pairs = f"select cast({left_id} as bigint) as left_id, cast({right_id} as bigint) as right_id, 0 as rules"
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        # Relations of a schema on the path are written without it, so that what stands before them here is read.
        [path] = cursor.execute("select current_setting('search_path') as before").fetchall()
        cursor.execute("set local search_path = build")
        try:
            compared, judged = (_definition(cursor, view) for view in _VIEWS_OF_PAIRS)
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise build_outdated(error) from error
        row = cursor.execute(
            f"with int_customer_pairs_blocked as ({pairs}), int_customer_pairs_compared as ({compared})"
            f" select * from ({judged}) as judged"
        ).fetchone()
        cursor.execute("select set_config('search_path', %s, true)", (path["before"],))
    if row is None:
        raise UnknownRecord(
            "build.int_customer_records_standardized",
            found="one of the two records is not in it",
            expected="both: they stand in its clusters",
            do="a build is running, or one broke off: run `dealer360 build`, then explain; nothing was changed",
        )
    return row


def _definition(cursor: psycopg.Cursor[dict[str, Any]], view: str) -> str:
    [row] = cursor.execute("select pg_get_viewdef(cast(%s as regclass)) as definition", (view,)).fetchall()
    return str(row["definition"]).rstrip(";")


def _evidence(pair: dict[str, Any]) -> tuple[Evidence, ...]:
    attributes = (column.removesuffix("_level") for column in pair if column.endswith("_level"))
    told = (
        Evidence(attribute, pair[f"{attribute}_level"], round(float(pair[f"{attribute}_bits"]), 2))
        for attribute in attributes
        if pair[f"{attribute}_level"] != "missing"
    )
    return tuple(sorted(told, key=lambda evidence: -abs(evidence.bits)))


def _decision(connection: psycopg.Connection, left: str, right: str) -> tuple[bool, str] | None:
    """What a person decided about the pair: whether they are one, and who says so, when and why."""
    row = connection.execute(
        """
        select decision = 'link', decided_by, decided_at, reason from identity.standing_pair_decisions
        where left_record = %s and right_record = %s
        """,
        (left, right),
    ).fetchone()
    return None if row is None else (row[0], f"by {row[1]} on {row[2]:%Y-%m-%d}: {row[3]}")


@dataclass(frozen=True)
class _KeysInCommon:
    """What two records' keys say of the pair.

    Whether they share one that proposed them; those that too many others share, in words; whether they have a name in
    common and are left to the keys of birth dates.
    """

    is_proposed: bool
    shared_by_too_many: str | None
    is_left_to_dates: bool


def _keys_in_common(connection: psycopg.Connection, left_id: int, right_id: int) -> _KeysInCommon:
    rows = connection.execute(
        """
        with records as (
            -- One rule's key is named, so that a table without such columns is told from two records without keys.
            select keyed.*, keyed.other_block_id_2048 as phone_key
            from build.int_customer_records_keyed as keyed
            where keyed.record_id in (%(left_id)s, %(right_id)s)
        ),

        keys as (
            select
                records.record_id,
                records.is_left_to_dates and cells.key like 'name_%%' as is_left_to_dates,
                cast(cells.value as bigint) as block_id
            from records
            cross join lateral jsonb_each_text(to_jsonb(records)) as cells
            where cells.key ~ '_block_id_[0-9]+$' and cells.value is not null
        )

        select distinct
            1 << cast(left_keys.block_id & 31 as integer) as rule,
            blocks.record_count,
            left_keys.is_left_to_dates and right_keys.is_left_to_dates as is_left_to_dates
        from keys as left_keys
        inner join keys as right_keys using (block_id)
        left join build.int_customer_blocks_sized as blocks
            on left_keys.block_id = blocks.block_id and blocks.is_too_large
        where left_keys.record_id = %(left_id)s and right_keys.record_id = %(right_id)s
        order by rule
        """,
        {"left_id": left_id, "right_id": right_id},
    ).fetchall()
    proposing = [(rule, count) for rule, count, is_left_to_dates in rows if not is_left_to_dates]
    large = "; ".join(f"{KEYS_IN_WORDS[rule]} of {count} records" for rule, count in proposing if count is not None)
    return _KeysInCommon(any(count is None for _, count in proposing), large or None, len(proposing) < len(rows))


def _verdict(
    left: dict[str, Any],
    right: dict[str, Any],
    pair: dict[str, Any] | None,
    decision: tuple[bool, str] | None,
    keys: _KeysInCommon,
) -> str:
    is_one = left["customer_id"] == right["customer_id"]
    if decision is not None:
        now = "One customer" if is_one else "Two customers"
        if decision[0] is is_one:
            return f"{now}, as decided {decision[1]}"
        return f"{now} until the next build; decided otherwise {decision[1]}"
    if pair is None:
        return "One person: the two rows hold the same cells, so they were never compared."
    if not keys.is_proposed:
        if is_one:
            return "One customer: by way of other records."
        if keys.shared_by_too_many:
            return (
                "Two customers: the build never compared them, for what they share too many others share"
                f" ({keys.shared_by_too_many})."
            )
        if keys.is_left_to_dates:
            return (
                "Two customers: the build never compared them, for they share a name, and each tells a birth date:"
                " a group of this size leaves such namesakes to what else they share."
            )
        return "Two customers: the build never compared them, for no blocking rule proposed the pair."
    return _verdict_of_score(pair, is_one=is_one)


def _verdict_of_score(pair: dict[str, Any], *, is_one: bool) -> str:
    if pair["hard_rule"]:
        return f"{'One customer by way of other records' if is_one else 'Two customers'}: {pair['hard_rule']}."
    if is_one:
        return "One customer."
    if pair["match_probability"] >= pair["accepted_from"] and pair["rests_on_name"]:
        return (
            "Two customers: a guard cut the cluster here, for only the name agrees, and they contradict or have a phone"
            " or e-mail each."
        )
    if pair["match_probability"] >= pair["accepted_from"]:
        return "Two customers: a guard cut the cluster here, for something in it contradicts."
    if pair["is_name_alone"]:
        return "Two customers: nothing but the name agrees."
    if pair["accepted_from"] > 1 and pair["first_name_level"] == "missing" and pair["gender_level"] == "different":
        return "Two customers: a woman and a man, and a first name is missing."
    if pair["accepted_from"] > 1:
        return "Two customers: no birth date tells namesakes of one house apart."
    return "Two customers: the evidence is too weak."
