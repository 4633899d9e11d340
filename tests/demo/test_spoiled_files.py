import csv
import io

from demo.generate import DemoGroup
from demo.nights import Delivery


def delivery(group: DemoGroup, night: int, file: str) -> Delivery:
    return next(found for found in group.deliveries if (found.night, found.file) == (night, file))


def test_the_total_of_a_file_with_a_lost_row_is_not_the_sum_of_its_rows(small_group: DemoGroup) -> None:
    rows = list(
        csv.reader(
            io.StringIO(delivery(small_group, 2, "d01/sales_20260303.csv").content.decode("cp1251")), delimiter=";"
        )
    )
    price = rows[3].index("Сумма, руб.")
    amounts = [float(row[price].replace("\xa0", "").replace(",", ".")) for row in rows[4:]]

    assert rows[-1][0] == "Итого"
    assert sum(amounts[:-1]) != amounts[-1]


def test_the_total_of_a_sound_file_is_the_sum_of_its_rows(small_group: DemoGroup) -> None:
    rows = list(
        csv.reader(
            io.StringIO(delivery(small_group, 3, "d01/sales_20260304.csv").content.decode("cp1251")), delimiter=";"
        )
    )
    price = rows[3].index("Сумма, руб.")
    amounts = [float(row[price].replace("\xa0", "").replace(",", ".")) for row in rows[4:]]

    assert sum(amounts[:-1]) == amounts[-1]


def test_a_full_file_loses_more_than_half_of_its_rows(small_group: DemoGroup) -> None:
    lost = delivery(small_group, 2, "d03/klienty_03032026.xlsx")
    whole = delivery(small_group, 3, "d03/klienty_04032026.xlsx")

    assert 0 < len(lost.rows) < len(whole.rows) / 2


def test_a_renamed_column_comes_back_in_the_file_of_the_next_night(small_group: DemoGroup) -> None:
    bad, good = (delivery(small_group, night, "d05/sales_20260304.xlsx") for night in (3, 4))

    assert not bad.is_loaded
    assert good.is_loaded
    assert bad.rows == good.rows
    assert bad.content != good.content


def test_a_file_sent_twice_has_the_same_bytes(small_group: DemoGroup) -> None:
    first, second = (delivery(small_group, night, "d02/sales_20260303.csv") for night in (2, 3))

    assert first.content == second.content
    assert (first.is_loaded, second.is_loaded) == (True, False)


def test_yesterdays_file_comes_under_todays_name(small_group: DemoGroup) -> None:
    yesterday = delivery(small_group, 2, "d02/vehicles_20260303.csv")

    assert delivery(small_group, 3, "d02/vehicles_20260304.csv").content == yesterday.content


def test_a_full_file_without_a_change_is_known_to_be_skipped(small_group: DemoGroup) -> None:
    newest: dict[str, bytes] = {}
    for found in small_group.deliveries:
        if found.feed.delivery == "full" and found.is_loaded:
            assert newest.get(found.feed.path) != found.content
            newest[found.feed.path] = found.content


def test_a_corrected_file_has_the_same_records_with_other_amounts(small_group: DemoGroup) -> None:
    first, corrected = (delivery(small_group, night, "d06/service_20260303.csv") for night in (2, 3))

    assert [row.record_id for row in first.rows] == [row.record_id for row in corrected.rows]
    assert first.content != corrected.content
    assert first.is_loaded
    assert corrected.is_loaded


def test_a_late_file_comes_after_that_of_a_later_day_with_an_older_version_of_a_record(small_group: DemoGroup) -> None:
    nights = {found.file: found.night for found in small_group.deliveries}
    late = delivery(small_group, 4, "d04/deals_2026-03-03.jsonl")
    newer = delivery(small_group, 3, "d04/deals_2026-03-04.jsonl")

    assert nights["d04/deals_2026-03-04.jsonl"] == 3
    assert {row.source_id for row in late.rows} & {row.source_id for row in newer.rows}


def test_the_file_of_another_dealer_names_it_in_every_line(small_group: DemoGroup) -> None:
    bad, good = (delivery(small_group, night, "d04/calls_2026-03-02.jsonl").content for night in (1, 2))

    assert bad.count(b'"salon": "d02"') == good.count(b'"salon": "d04"') == len(good.splitlines())


def test_cut_files_end_before_their_end_and_never_within_a_letter(small_group: DemoGroup) -> None:
    for file in ("d01/sales_20260305.csv", "d04/ro_2026-03-05.jsonl"):
        cut = delivery(small_group, 4, file)
        text = cut.content.decode(cut.feed.file_format.get("encoding", "utf-8"))
        assert not text.endswith("\n")
    assert "Итого" not in delivery(small_group, 4, "d01/sales_20260305.csv").content.decode("cp1251")


def test_a_full_file_without_rows_still_has_its_header(small_group: DemoGroup) -> None:
    empty = delivery(small_group, 4, "d02/customers_20260305.csv")

    assert empty.content.decode("utf-8-sig").splitlines()[0].startswith("Код клиента;")
    assert len(empty.content.splitlines()) == 1
