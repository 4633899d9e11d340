"""How well the shipped model tells people apart, on a demo group with mistakes at rates it was not made for."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from pathlib import Path

import pytest

from demo.generate import generate
from demo.nights import deliver_night
from ingestion.load import load
from ingestion.raw_tables import ensure_raw_tables
from stewardship.evaluation import Evaluation, evaluate
from stewardship.explanation import UnknownCustomer, UnknownRecord, explain_customer, explain_pair
from tests.dbt_in_process import Dbt
from warehouse.database import connect
from warehouse.settings import Workspace

PLACEHOLDER = "+79161110000"


def _add_records_on_one_phone(workspace: Workspace, count: int) -> None:
    """Cards of a dealer that holds first names alone, all with one phone."""
    names = ("Иван", "Пётр", "Анна", "Ольга", "Юрий", "Вера", "Олег", "Нина", "Глеб", "Алла", "Лев", "Зоя")
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        with connection.cursor().copy(
            "copy raw.dms__customers (dealer_code, source_record_id, source_id, first_name, phone, _source_file,"
            " _source_row, _row_hash, _feed_id, _batch_id, _batch_seq, _delivered_on, _loaded_at) from stdin"
        ) as copy:
            for number in range(count):
                row = ("d02", f"x{number}", f"x{number}", names[number % len(names)], PLACEHOLDER)
                copy.write_row((*row, "f", number, "h", "f", "b", 1, "2026-03-05", "2026-03-05"))


@pytest.fixture
def judged(workspace: Workspace, run_dbt: Dbt) -> Iterator[Evaluation]:
    """The judging profile of mistakes, a seed of its own, and 20,000 records on a phone that says nothing."""
    generate(workspace.root, customers=500, seed=4711, profile="judging")
    for night in (1, 2, 3, 4):
        deliver_night(workspace.root, night)
    load(workspace)
    _add_records_on_one_phone(workspace, 20_000)
    with connect(workspace) as connection:
        connection.execute(
            "update ops.current_build set as_of_date = '2026-03-05',"
            " horizon = (select last_batch_seq from ops.batch_sequence)"
        )
        connection.execute("insert into ops.build_dealers select * from ops.dealers")
        connection.execute("insert into ops.build_settings select * from ops.settings")
    chosen = ("path:seeds/identity", "path:models/staging", "path:models/intermediate/identity", "path:tests/identity")
    attached = ("test_type:unit", "test_type:generic")
    run_dbt("build", "--select", *chosen, "--exclude", *attached, "--indirect-selection", "empty")
    with connect(workspace) as connection:
        yield evaluate(connection, Path(workspace.root, "truth", "clusters.csv"))


def _every_link_is_explained(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        unexplained = connection.execute(
            "select count(*) from build.int_customer_links_accepted as links"
            " left join build.int_customer_links_explained as told using (left_record, right_record)"
            " where told.sentence is null"
        ).fetchone()
        weakest = connection.execute(
            "select left_record, right_record from build.int_customer_links_accepted where link_reason = 'match'"
            " order by match_weight, left_record limit 1"
        ).fetchone()
        counted = connection.execute("select count(*) from build.int_customer_records_standardized").fetchone()
        assert weakest is not None
        assert counted is not None
        pair = explain_pair(connection, *weakest)
        customer_id = connection.execute(
            "select customer_id from build.int_customer_ids_assigned where record_key = %s", (weakest[0],)
        ).fetchone()
        assert customer_id is not None
        customer = explain_customer(connection, customer_id[0])
        with pytest.raises(UnknownRecord, match="d09/dms/sales/1"):
            explain_pair(connection, "d09/dms/sales/1", weakest[0])
        with pytest.raises(UnknownCustomer, match="nobody"):
            explain_customer(connection, "nobody")
    assert unexplained == (0,)
    assert pair.verdict == "One customer."
    prior = -12 - round(log2(max(counted[0], 4096) / 16384))
    assert pair.match_weight == pytest.approx(sum(evidence.bits for evidence in pair.evidence) + prior, abs=0.1)
    assert {weakest[0], weakest[1]} <= {record_key for record_key, _ in customer.records}
    weights = [link.match_weight for link in customer.links]
    assert weights == sorted(weights), "the weakest first"


def test_people_are_told_apart_and_a_placeholder_phone_makes_no_blob(workspace: Workspace, judged: Evaluation) -> None:
    by_pairs = judged.qualities[0]
    assert by_pairs.precision is not None
    assert by_pairs.recall is not None
    assert by_pairs.precision >= 0.997
    assert by_pairs.recall >= 0.945
    assert judged.unknown_records < 0.01 * judged.labelled_records
    with connect(workspace) as connection:
        largest = connection.execute(
            "select max(records) from (select count(*) as records from build.int_customer_records_clustered"
            " group by cluster_id) as clusters"
        ).fetchone()
        told = connection.execute(
            "select first_name_count from build.int_customer_values_barred where value_used = %s and scope = 'group'",
            (PLACEHOLDER,),
        ).fetchone()
    assert largest is not None
    assert largest[0] < 60
    assert told is not None
    assert told[0] > 7, "more first names than a family has"
    _every_link_is_explained(workspace)
