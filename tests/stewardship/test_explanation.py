"""What is said of a pair that was never compared, was cut, or was too weak."""

from __future__ import annotations

import re

import psycopg
import pytest

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
        create table build.int_customer_records_clustered as
        select id as record_id, 's' || id as signature_id from generate_series(1, 5) as ids (id);
        create table build.int_customer_block_keys (record_id bigint, block_id bigint, rule integer);
        insert into build.int_customer_block_keys values (1, 7, 2048), (2, 7, 2048), (1, 8, 32), (3, 8, 32);
        create table build.int_customer_blocks_sized (
            block_id bigint, rule integer, record_count bigint, is_too_large boolean
        );
        insert into build.int_customer_blocks_sized values (7, 2048, 60, true), (8, 32, 50, false);
        create table build.int_customer_pairs_scored (
            left_id bigint, right_id bigint, match_weight numeric, match_probability numeric, accepted_from numeric,
            hard_rule text, is_name_alone boolean
        );
        insert into build.int_customer_pairs_scored values
            (1, 4, 6, 0.985, 0.95, null, false), (2, 4, 3, 0.9, 0.95, null, false), (2, 5, 7, 0.993, 2, null, true)
        """
    )


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (1, 2, "never compared, for what they share too many others share (phone of 60 records)."),
        (1, 3, "no blocking rule proposed the pair."),
        (1, 4, "a guard cut the cluster here, for something in it contradicts."),
        (2, 4, "the evidence is too weak."),
        (2, 5, "nothing but the name agrees."),
    ],
)
def test_why_two_records_are_two_customers(workspace: Workspace, left: int, right: int, verdict: str) -> None:
    with connect(workspace) as connection:
        _build(connection)
        explained = explain_pair(connection, f"d01/dms/sales/{left}", f"d01/dms/sales/{right}")
    assert explained.verdict == f"Two customers: {verdict}"


def test_every_rule_that_proposes_pairs_has_a_word() -> None:
    folder = PROJECT_ROOT / "dbt_project"
    rules = (folder / "macros/identity/block_rules.sql").read_text(encoding="utf-8")
    listed = (folder / "models/intermediate/identity/int_customer_block_keys.sql").read_text(encoding="utf-8")
    numbers = {int(rule) for rule in re.findall(r"^    (\d+): ", rules, flags=re.M)}
    numbers |= {int(rule) for rule in re.findall(r"'\w+': (\d+)", listed)}
    assert numbers == KEYS_IN_WORDS.keys()
