"""What is said of a pair that was never compared, was cut, or was too weak."""

from __future__ import annotations

import re
from typing import LiteralString

import psycopg
import pytest

from stewardship.evaluation import BuildOutdated
from stewardship.explanation import KEYS_IN_WORDS, explain_pair
from warehouse.database import connect
from warehouse.settings import PROJECT_ROOT, Workspace


def _build(connection: psycopg.Connection) -> None:
    """Records 1 to 5, each a customer of its own; 1 and 2 share a phone that 60 have."""
    connection.execute(
        """
        create table build.int_customer_ids_assigned as
        select 'd01/dms/sales/' || id as record_key, 's' || id as signature_id, 'c' || id as customer_id,
            'the only record of its customer' as link_reason
        from generate_series(1, 5) as ids (id);
        create table build.int_customer_records_unioned as
        select id as record_id, 's' || id as signature_id from generate_series(1, 5) as ids (id);
        create table build.int_customer_records_keyed (
            record_id bigint, is_left_to_dates boolean, date_block_id_8 bigint, name_block_id_32 bigint,
            name_block_id_64 bigint, other_block_id_1 bigint, other_block_id_2 bigint, other_block_id_2048 bigint
        );
        insert into build.int_customer_records_keyed values
            (1, false, null, null, null, 288, 385, 235), (2, true, 323, 357, 518, null, null, 235),
            (3, true, null, 453, 518, null, null, 427), (4, false, 323, null, null, 288, null, 427),
            (4, false, null, null, null, null, null, 491), (5, false, null, 357, null, null, 385, 491),
            (5, false, null, 453, null, null, null, null);
        create table build.int_customer_blocks_sized (
            block_id bigint, rule integer, record_count bigint, is_too_large boolean
        );
        insert into build.int_customer_blocks_sized values (235, 2048, 60, true), (357, 32, 50, false);
        create table build.int_customer_pairs_blocked (left_id bigint, right_id bigint, rules integer);
        create table build.scores (
            left_id bigint, right_id bigint, match_weight numeric, match_probability numeric, accepted_from numeric,
            hard_rule text, is_name_alone boolean,
            rests_on_name boolean
        );
        insert into build.scores values
            (1, 4, 6, 0.985, 0.95, null, false, false), (2, 4, 3, 0.9, 0.95, null, false, false),
            (2, 5, 7, 0.993, 2, null, true, true), (1, 5, 9, 0.998, 2, 'two birth dates', false, false),
            (1, 2, 5, 0.97, 0.95, null, false, false), (2, 3, 1, 0.6, 0.95, null, false, false),
            (1, 3, -2, 0.2, 0.95, null, false, false),
            (3, 4, 20, 0.999, 2, null, false, false), (3, 5, 8, 0.996, 0.97, null, true, true),
            (4, 5, 20, 0.999, 2, null, false, false);
        create view build.int_customer_pairs_compared as
        select scores.*, 'exact' as phone_level, 'missing' as first_name_level,
            case when (left_id, right_id) = (4, 5) then 'different' else 'missing' end as gender_level
        from build.scores
        inner join build.int_customer_pairs_blocked as pairs using (left_id, right_id);
        create view build.int_customer_pairs_judged as
        with pairs as (select * from build.int_customer_pairs_compared)
        select *, match_weight as phone_bits, 0 as gender_bits from pairs
        """
    )


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (1, 2, "the build never compared them, for what they share too many others share (phone of 60 records)."),
        (1, 3, "the build never compared them, for no blocking rule proposed the pair."),
        (
            *(2, 3),
            "the build never compared them, for they share a name, and each tells a birth date: a group of this size"
            " leaves such namesakes to what else they share.",
        ),
        (1, 5, "two birth dates."),
        (1, 4, "a guard cut the cluster here, for something in it contradicts."),
        (2, 4, "the evidence is too weak."),
        (2, 5, "nothing but the name agrees."),
        (3, 4, "no birth date tells namesakes of one house apart."),
        (4, 5, "a woman and a man, and a first name is missing."),
        (
            *(3, 5),
            "a guard cut the cluster here, for only the name agrees, and they contradict or have a phone or"
            " e-mail each.",
        ),
    ],
)
def test_why_two_records_are_two_customers(workspace: Workspace, left: int, right: int, verdict: str) -> None:
    with connect(workspace) as connection:
        _build(connection)
        explained = explain_pair(connection, f"d01/dms/sales/{left}", f"d01/dms/sales/{right}")
    assert explained.verdict == f"Two customers: {verdict}"
    assert explained.evidence[0].attribute == "phone", "what no build wrote down is told too"


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ("drop view build.int_customer_pairs_judged", "int_customer_pairs_judged"),
        ("drop table build.int_customer_records_keyed", "int_customer_records_keyed"),
        ("alter table build.int_customer_records_keyed drop other_block_id_2048", "other_block_id_2048"),
    ],
)
def test_a_build_of_another_version_is_told(workspace: Workspace, change: LiteralString, missed: str) -> None:
    with connect(workspace) as connection:
        _build(connection)
        connection.execute(change)
        with pytest.raises(BuildOutdated, match=missed):
            explain_pair(connection, "d01/dms/sales/1", "d01/dms/sales/4")


def test_every_rule_that_proposes_pairs_has_a_word() -> None:
    rules = (PROJECT_ROOT / "dbt_project/macros/identity/block_rules.sql").read_text(encoding="utf-8")
    numbers = {int(rule) for rule in re.findall(r"^ +(\d+): ", rules, flags=re.M)}
    assert numbers == KEYS_IN_WORDS.keys()
