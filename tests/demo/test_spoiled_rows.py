import random

from demo.generate import DemoGroup
from demo.history import NIGHTS
from demo.spoiled_rows import SPOILINGS, spoiled_rows


def test_every_spoiling_is_in_the_first_night_and_in_the_truth(small_group: DemoGroup) -> None:
    rules = sorted(rule for night, _, _, rule in small_group.truth.quarantined if night == 1)

    assert rules == sorted(spoiling.rule for spoiling in SPOILINGS)


def test_a_spoiled_row_has_a_number_of_its_own_and_no_place_among_the_clusters(small_group: DemoGroup) -> None:
    spoiled = [row for delivery in small_group.deliveries for row in delivery.rows if row.spoiled]
    sound = {row.record_id for delivery in small_group.deliveries for row in delivery.rows if not row.spoiled}

    assert all(row.record_id not in sound for row in spoiled if row.source_id)
    assert not {key for key in small_group.truth.clusters if key[3].startswith("Б")}


def test_only_rows_that_are_known_before_the_day_are_copied(small_group: DemoGroup) -> None:
    rows = [row for delivery in small_group.deliveries for row in delivery.rows if not row.spoiled]

    assert all(row.known_on < NIGHTS[0] for row in spoiled_rows(random.Random(1), rows, NIGHTS[0]))
