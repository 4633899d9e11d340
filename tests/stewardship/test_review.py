"""How many pairs of the review queue still wait for a person."""

from __future__ import annotations

from stewardship.review import waiting_count
from warehouse.database import connect
from warehouse.settings import Workspace


def test_a_pair_that_was_decided_waits_no_more_until_that_is_withdrawn(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        connection.execute("create table build.int_customer_ids_assigned (record_key text)")
        connection.execute("create table build.rpt_match_review_queue (left_record text, right_record text)")
        connection.execute(
            "insert into build.rpt_match_review_queue values"
            " ('d01/dms/sales/1', 'd02/dms/sales/1'), ('d01/dms/sales/2', 'd03/dms/sales/2')"
        )
        counts = []
        for decision in ("no_link", "withdrawn"):
            connection.execute(
                "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason)"
                " values ('d01/dms/sales/1', 'd02/dms/sales/1', %s, 'a steward', 'father and son')",
                [decision],
            )
            counts.append([waiting_count(connection, dealer_code=dealer) for dealer in (None, "d02", "d03")])
    assert counts == [[1, 0, 1], [2, 1, 1]]
