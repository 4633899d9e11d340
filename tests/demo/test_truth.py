import csv
import io
import json
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from demo.centres import Feed
from demo.generate import DemoGroup
from demo.nights import Delivery

PERSON_COLUMNS = ("full_name", "last_name", "phone", "email", "customer_source_id", "caller_number")


def rows_in(delivery: Delivery) -> list[dict[str, str]]:
    """What stands in a file, under the dealer's names, read without any code of the demo."""
    feed, content = delivery.feed, delivery.content
    kind = feed.file_format["type"]
    if kind == "jsonl":
        return [{name: str(cell) for name, cell in json.loads(line).items()} for line in content.splitlines()]
    if kind == "excel":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        table = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        text = content.decode(feed.file_format["encoding"])
        table = list(csv.reader(io.StringIO(text), delimiter=feed.file_format["delimiter"]))
    header = feed.file_format.get("header_row", 1) - 1
    total = feed.file_format.get("total_row")
    body = [dict(zip(table[header], row, strict=True)) for row in table[header + 1 :]]
    return [row for row in body if not total or row[total["column"]] != total["equals"]]


def record_id(feed: Feed, row: dict[str, str]) -> str:
    number = row.get(feed.columns["source_id"], "")
    if feed.entity != "service_orders":
        return number
    closed = row[feed.columns["closed_at"]].split()[0]
    year = next((part for part in closed.replace(".", "-").replace("/", "-").split("-") if len(part) == 4), "")
    return f"{year}-{number}"


def keys_in_files(group: DemoGroup) -> set[tuple[str, str, str, str]]:
    spoiled = defaultdict(set)
    for night, file, number, _ in group.truth.quarantined:
        spoiled[night, file].add(number)
    keys = set()
    for delivery in group.deliveries:
        feed = delivery.feed
        if not delivery.is_loaded or feed.source == "market":
            continue
        if feed.file_format["type"] == "adf":
            text = delivery.content.decode("cp1251" if b"1251" in delivery.content[:60] else "utf-8")
            keys |= {
                (feed.dealer_code, "web", "leads", f"{feed.dealer_code}-site/{part.split('<')[0]}")
                for part in text.split('-site">')[1:]
            }
            continue
        for number, row in enumerate(rows_in(delivery), start=feed.first_row):
            if number in spoiled[delivery.night, delivery.file]:
                continue
            dealer = feed.dealer_code
            if "dealer_code" in feed.columns:
                said = row[feed.columns["dealer_code"]]
                dealer = feed.values.get("dealer_code", {}).get(said, said)
            identifier = record_id(feed, row)
            keys.add((dealer, feed.source, feed.entity, identifier))
            for role, column in (
                ("driver", "driver_full_name"),
                ("payer", "payer_full_name"),
                ("referrer", "referrer_name"),
            ):
                if row.get(feed.columns.get(column, ""), ""):
                    keys.add((dealer, feed.source, feed.entity, f"{identifier}#{role}"))
    return keys


def test_the_truth_has_a_key_for_every_record_in_the_files_and_no_other(small_group: DemoGroup) -> None:
    truth = small_group.truth
    in_files = keys_in_files(small_group)
    told = set(truth.clusters) | set(truth.unjudged)
    # A response that names nobody, and a car in a centre without a customer register, are nobody's record.
    anonymous = {key for key in in_files - told if key[2] == "responses" or key[::2] == ("d05", "vehicles")}

    assert told - in_files == set()
    assert in_files - told == anonymous


def test_no_record_is_both_judged_and_not(small_group: DemoGroup) -> None:
    assert not set(small_group.truth.clusters) & set(small_group.truth.unjudged)


def test_few_records_cannot_be_told(large_group: DemoGroup) -> None:
    truth = large_group.truth

    assert len(truth.unjudged) / len(truth.clusters) < 0.05


def test_people_are_known_to_several_systems_and_centres(large_group: DemoGroup) -> None:
    centres, records = defaultdict(set), Counter(large_group.truth.clusters.values())
    for (dealer_code, *_), who in large_group.truth.clusters.items():
        centres[who].add(dealer_code)

    assert sum(len(codes) > 1 for codes in centres.values()) / len(centres) > 0.1
    assert max(records.values()) > 10


def test_a_number_in_quarantine_is_the_row_that_a_spreadsheet_shows(small_group: DemoGroup) -> None:
    night, file, number, _ = next(entry for entry in small_group.truth.quarantined if entry[1].startswith("d01/sales"))
    content = next(d.content for d in small_group.deliveries if (d.night, d.file) == (night, file))

    assert content.decode("cp1251").splitlines()[number - 1].startswith("Б1СА-")


def test_adf_files_are_xml_where_the_site_keeps_to_it(small_group: DemoGroup) -> None:
    first = [d for d in small_group.deliveries if d.night == 1 and d.feed.file_format["type"] == "adf"]

    assert len(first) == 3
    for delivery in first:
        assert len(ElementTree.fromstring(delivery.content)) == len(delivery.rows)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("clusters.csv", "dealer_code,source_system,entity,source_record_id,cluster"),
        ("unjudged.csv", "dealer_code,source_system,entity,source_record_id,why"),
        ("refusals.csv", "night,file,status,why"),
        ("quarantine.csv", "night,file,source_row,rule"),
        ("files.csv", "night,file,rows,is_loaded"),
        ("households.csv", "household,cluster"),
        ("mistakes.csv", "kind,rate,occasions,made"),
    ],
)
def test_the_truth_lies_in_the_workspace_as_tables(small_group: DemoGroup, name: str, header: str) -> None:
    lines = Path(small_group.folder, "truth", name).read_text(encoding="utf-8").splitlines()

    assert lines[0] == header
    assert len(lines) > 1
