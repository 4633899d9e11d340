"""The demo's nights through the real ingestion: what must be kept out is, and nothing else."""

from demo.check import differences
from demo.generate import generate
from demo.history import NIGHTS
from demo.nights import deliver_night
from ingestion.load import load
from warehouse.database import connect
from warehouse.settings import Workspace


def test_the_nights_keep_out_exactly_what_the_truth_names_and_late_news_do_not_undo_later_ones(
    workspace: Workspace,
) -> None:
    generate(workspace.root, customers=100, seed=4)
    for night in range(1, len(NIGHTS) + 1):
        deliver_night(workspace.root, night)
        load(workspace)
        with connect(workspace) as connection:
            assert differences(connection, workspace.root, night) == []

    with connect(workspace) as connection:
        versions = connection.execute(
            """
            select source_record_id, array_agg(status order by _delivered_on, _batch_seq, _source_row)
            from raw.dms__sales
            where dealer_code = 'd04' and _delivered_on > '2026-03-02'
            group by source_record_id
            """
        ).fetchall()
    assert ["open", "delivered"] in [statuses for _, statuses in versions]
