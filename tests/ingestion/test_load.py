"""From a file under landing/ to raw: what is loaded, what is kept out, and that nothing comes twice."""

from __future__ import annotations

import gzip
import tempfile
import textwrap
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest

import ingestion.load
import ingestion.load_file
from ingestion.archive import take_snapshot
from ingestion.discover import FoundFile
from ingestion.errors import UnreadableFile
from ingestion.load import load
from ingestion.outcomes import FileOutcome
from ingestion.raw_tables import ensure_raw_tables
from ingestion.readers import html_workbook
from ingestion.readers.merged_cells import MERGED_CELLS
from tests.ingestion.deliveries import (
    SALES_HEADER,
    current_sales,
    deliver,
    deliver_sales,
    query,
    sale,
    write_dealer,
    write_sales_dealer,
)
from warehouse.database import connect
from warehouse.settings import Workspace

pytestmark = pytest.mark.usefixtures("sales_dealer")


def one_batch(workspace: Workspace) -> dict[str, object]:
    (batch,) = query(workspace, "select * from ops.batches")
    return batch


def test_rows_arrive_in_raw_in_canonical_text_with_their_way_back(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price="1234.5"), sale(2, sold="2026-03-01 10:15")])
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.counts["rows_new"]) == ("loaded", 2)
    first, second = query(workspace, "select * from raw.dms__sales order by _source_row")
    assert (first["dealer_code"], first["source_record_id"]) == ("d01", "1")
    assert first["sold_at"] == "2026-03-01T00:00:00+03:00"
    assert second["sold_at"] == "2026-03-01T10:15:00+03:00"
    assert first["price_amount"] == "1234.50"
    assert first["_source_cells"] == {"sold_at": "2026-03-01", "price_amount": "1234.5"}
    assert (first["_source_file"], first["_source_row"]) == ("d01/sales_20260301.csv", 2)
    assert (first["_feed_id"], str(first["_delivered_on"])) == (
        "d01/dms/sales/d01/sales_{date:%Y%m%d}*.csv",
        "2026-03-01",
    )


def test_the_counts_of_a_batch_add_up(workspace: Workspace) -> None:
    rows = [sale(n) for n in range(1, 9)]
    deliver_sales(workspace, "20260301", rows)
    load(workspace)
    changed = [sale(1, price=5), *rows[1:7], sale(9), sale(10, sold="soon"), rows[1]]
    deliver_sales(workspace, "20260302", changed, minute=1)
    outcome = load(workspace)[-1]
    assert outcome.counts == {
        "rows_read": 10,
        "rows_new": 1,
        "rows_changed": 1,
        "rows_unchanged": 7,
        "rows_quarantined": 1,
        "rows_absent": 1,
    }


def test_a_file_seen_before_is_not_loaded_again(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    load(workspace)
    (outcome,) = load(workspace)
    assert outcome.status == "skipped"
    assert len(query(workspace, "select * from raw.dms__sales")) == 1


def test_the_same_content_sent_again_is_skipped_and_told_once(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(1)], minute=5)
    for _ in range(2):
        (outcome,) = load(workspace)
        assert outcome.status == "skipped"
    assert len(query(workspace, "select * from ops.outcomes where status = 'skipped'")) == 1
    assert len(query(workspace, "select * from raw.dms__sales")) == 1


def test_yesterdays_content_under_todays_name_adds_no_rows_but_counts_as_a_delivery(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    deliver_sales(workspace, "20260302", [sale(1)], minute=1)
    assert [outcome.status for outcome in load(workspace)] == ["loaded", "skipped"]
    assert [outcome.status for outcome in load(workspace)] == ["skipped", "skipped"]
    days = query(workspace, "select delivered_on::text as day, batch_seq from ops.batches order by delivered_on")
    assert days == [{"day": "2026-03-01", "batch_seq": 1}, {"day": "2026-03-02", "batch_seq": None}]


def test_a_full_delivery_marks_what_it_no_longer_holds(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2)])
    deliver_sales(workspace, "20260302", [sale(2)], minute=1)
    load(workspace)
    assert list(current_sales(workspace)) == ["2"]
    marks = query(workspace, "select source_record_id, make from raw.dms__sales where _is_absent")
    assert marks == [{"source_record_id": "1", "make": "LADA"}]


def test_a_record_that_comes_back_is_there_again(workspace: Workspace) -> None:
    for day, rows in (("20260301", [sale(1), sale(2)]), ("20260302", [sale(2)]), ("20260303", [sale(1), sale(2)])):
        deliver_sales(workspace, day, rows)
    load(workspace)
    assert sorted(current_sales(workspace)) == ["1", "2"]


def test_a_rejected_row_is_not_taken_for_absent(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2)])
    deliver_sales(workspace, "20260302", [sale(1, sold="soon"), sale(2)], minute=1)
    load(workspace)
    assert sorted(current_sales(workspace)) == ["1", "2"]


def test_a_delta_leaves_what_it_does_not_name(workspace: Workspace) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260301", [sale(1), sale(2)])
    deliver_sales(workspace, "20260302", [sale(2, price=7)], minute=1)
    load(workspace)
    assert current_sales(workspace) == {"1": "1000000.00", "2": "7.00"}


def test_a_corrected_file_of_the_same_name_supersedes(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=1), sale(2)])
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=2), sale(2)], minute=5)
    load(workspace)
    assert current_sales(workspace) == {"1": "2.00", "2": "1000000.00"}


def test_a_late_file_lands_in_its_own_day(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260303", [sale(1, price=3)])
    load(workspace)
    deliver_sales(workspace, "20260302", [sale(1, price=2), sale(2)], minute=5)
    load(workspace)
    assert current_sales(workspace) == {"1": "3.00"}
    assert len(query(workspace, "select * from raw.dms__sales where _delivered_on = '2026-03-02'")) == 2


def test_a_rejected_row_stands_in_quarantine_with_rule_column_and_value(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, sold="soon")])
    load(workspace)
    (row,) = query(workspace, "select * from quarantine.rows join quarantine.findings using (quarantine_id)")
    assert (row["source_row"], row["column_name"], row["value"]) == (3, "sold_at", "soon")
    assert row["source_cells"]["customer"] == "Иван Петров"
    assert list(current_sales(workspace)) == ["1"]


def test_one_dealers_broken_file_does_not_stop_the_others(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02")
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;Иван\n")
    deliver_sales(workspace, "20260301", [sale(1)], dealer="d02")
    refused, loaded = load(workspace)
    assert (refused.status, loaded.status) == ("refused", "loaded")
    assert query(workspace, "select dealer_code from raw.dms__sales") == [{"dealer_code": "d02"}]


def test_a_refusal_that_cannot_be_written_down_stops_its_own_file_alone(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02")
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;Иван\n")
    deliver_sales(workspace, "20260301", [sale(1)], dealer="d02")
    with connect(workspace) as connection:
        connection.execute("alter table ops.batches add constraint no_reason check (reason is null)")
    failed, loaded = load(workspace)
    assert (failed.status, loaded.status) == ("failed", "loaded")
    assert query(workspace, "select dealer_code, status from ops.batches") == [
        {"dealer_code": "d02", "status": "loaded"}
    ]


def test_a_refused_file_is_told_again_but_not_judged_again_until_its_yaml_changes(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", f"{SALES_HEADER.replace('sold', 'Verkauft')}\n{sale(1)}\n")
    for _ in range(2):
        (outcome,) = load(workspace)
        assert outcome.status == "refused"
    assert one_batch(workspace)["reason_code"] == "missing_columns"
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, yaml.replace("[sold, handover]", "[sold, handover, Verkauft]"))
    (outcome,) = load(workspace)
    assert outcome.status == "loaded"


def test_a_refused_file_is_read_again_when_a_person_asks_for_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    deliver_sales(workspace, "20260302", [sale(1, price=2)], minute=1)
    with monkeypatch.context() as older_version:
        older_version.setattr("ingestion.load_file.open_table", _cannot_read)
        assert [outcome.status for outcome in load(workspace)] == ["refused", "refused"]
    for outcome in load(workspace):
        assert outcome.status == "refused"
        assert "dealer360 load --retry-refused" in str(outcome.error)
    assert [outcome.status for outcome in load(workspace, retry_refused=True)] == ["loaded", "loaded"]
    assert {outcome.status for outcome in load(workspace, retry_refused=True)} == {"skipped"}
    assert current_sales(workspace) == {"1": "2.00"}


@pytest.mark.parametrize("why", ["somebody asks", "its YAML changed"])
def test_a_refused_file_is_not_read_again_over_what_corrected_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=900)])
    refuse_first(workspace, monkeypatch)
    deliver_sales(workspace, "20260301", [sale(1, price=1000)], minute=1, suffix="_corrected")
    load(workspace)
    outcomes = read_refused_again(workspace, why)
    refused = next(outcome for outcome in outcomes if "corrected" not in str(outcome.source_file))
    assert (refused.status, current_sales(workspace)) == ("skipped", {"1": "1000.00"})
    assert "of the same feed and day came after it" in refused.message


@pytest.mark.parametrize("why", ["somebody asks", "its YAML changed"])
def test_a_refused_delta_is_read_again_but_for_what_later_ones_of_its_day_hold(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260228", [sale(3, price=3)])
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(n, price=900 + n) for n in (1, 2, 3)], minute=1)
    refuse_first(workspace, monkeypatch)
    deliver_sales(workspace, "20260301", [sale(2, price=2), sale(3, price=3)], minute=2, suffix="_part_2")
    load(workspace)
    outcome = next(o for o in read_refused_again(workspace, why) if str(o.source_file).endswith("20260301.csv"))
    assert (outcome.status, outcome.counts["rows_new"], outcome.counts["rows_unchanged"]) == ("loaded", 1, 2)
    assert [note for note in outcome.notes if note.startswith("2 row(s) left out: files of the same day")]
    assert current_sales(workspace) == {"1": "901.00", "2": "2.00", "3": "3.00"}


def test_a_refused_file_that_is_sent_once_more_takes_back_what_followed_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=900)])
    refuse_first(workspace, monkeypatch)
    deliver_sales(workspace, "20260301", [sale(1, price=1000)], minute=1, suffix="_corrected")
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=900)], minute=2)
    read_refused_again(workspace, "its YAML changed")
    assert current_sales(workspace) == {"1": "900.00"}


def refuse_first(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older_version:
        older_version.setattr("ingestion.load_file.open_table", _cannot_read)
        assert "refused" in {outcome.status for outcome in load(workspace)}


def read_refused_again(workspace: Workspace, why: str) -> list[FileOutcome]:
    if why == "its YAML changed":
        yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
        write_dealer(workspace, f"{yaml}    constants: {{department: new cars}}\n")
        return load(workspace)
    return load(workspace, retry_refused=True)


def _cannot_read(file: Path, *_arguments: object, **_named: object) -> NoReturn:
    raise UnreadableFile(file.name, found="an unknown format", expected="a known one", do="Ask for another.")


def test_a_held_file_waits_for_approval_whoever_asks_for_refused_ones(workspace: Workspace) -> None:
    deliver_sales(workspace, "20990301", [sale(1)])
    held = [load(workspace, retry_refused=retried)[0] for retried in (False, True)]
    assert [outcome.status for outcome in held] == ["held", "held"]
    assert held[0].batch_id == held[1].batch_id
    assert "--retry-refused" not in str(held[1].error)


def test_what_a_person_had_better_look_at_in_a_page_is_told(workspace: Workspace) -> None:
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, yaml.replace("*.csv", ".xls"))
    cells = sale(1).split(";")
    first = "".join(f"<td>{cell}" for cell in cells).replace("<td>LADA", "<td rowspan=2>LADA")
    second = "".join(f"<td>{cell}" for cell in sale(2).split(";") if cell != "LADA")
    header = "".join(f"<th>{name}" for name in SALES_HEADER.split(";"))
    page = f"<table><tr>{header}</tr><tr>{first}</tr><tr>{second}</tr>".encode()
    deliver(workspace, "d01/sales_20260301.xls", b"<meta charset=utf-8><p>" + "Отчёт".encode() * 9 + b"\xff" + page)
    (outcome,) = load(workspace)
    assert outcome.status == "loaded", outcome.error
    assert sorted(note.partition(" ")[2] for note in outcome.notes) == sorted(
        (html_workbook.SPOILT_LETTERS, html_workbook.NEVER_ENDED, MERGED_CELLS)
    )
    assert current_sales(workspace, "make") == {"1": "LADA", "2": "LADA"}


def test_a_missing_column_is_told_with_the_line_to_add(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", f"{SALES_HEADER.replace('sold', 'Verkauft')}\n{sale(1)}\n")
    (outcome,) = load(workspace)
    assert outcome.error is not None
    assert "sold_at: [sold, handover, " in outcome.error
    assert "dealers/d01.yml" in outcome.error
    assert "Verkauft" in outcome.error
    assert "Nothing from this file was loaded" in outcome.error


def test_a_dry_run_judges_and_changes_nothing(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, sold="soon")])
    (outcome,) = load(workspace, dry_run=True)
    assert outcome.counts == {"rows_read": 2, "rows_quarantined": 1}
    for table in ("ops.batches", "ops.outcomes", "ops.checks", "quarantine.rows"):
        assert query(workspace, f"select * from {table}") == []
    assert not workspace.archive_dir.exists()


def left_by_a_dead_load(workspace: Workspace) -> Path:
    """The archived copy of a batch that was never finished."""
    deliver_sales(workspace, "20260301", [sale(1)])
    (outcome,) = load(workspace)
    with connect(workspace) as connection:
        connection.execute("update ops.batches set status = 'loading'")
    (copy,) = workspace.archive_dir.glob(f"**/{outcome.batch_id}/*")
    return copy


def test_a_dry_run_leaves_what_a_dead_load_left(workspace: Workspace) -> None:
    copy = left_by_a_dead_load(workspace)
    load(workspace, dry_run=True)
    assert (copy.exists(), one_batch(workspace)["status"]) == (True, "loading")


def test_a_clean_up_that_is_killed_leaves_no_copy_that_no_batch_names(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = left_by_a_dead_load(workspace)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ingestion.load_file, "remove_from_archive", killed)
        load(workspace)
    assert (copy.exists(), one_batch(workspace)["status"]) == (True, "loading")
    load(workspace)
    assert (copy.exists(), one_batch(workspace)["status"]) == (False, "loaded")


def test_a_packed_file_is_unpacked_within_the_workspace_in_a_dry_run_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    unpacked: list[Path] = []
    deliver(workspace, "d01/sales_20260301.csv", gzip.compress(f"{SALES_HEADER}\n{sale(1)}\n".encode()))
    for dry_run in (True, False):
        load(workspace, dry_run=dry_run, progress=lambda *_: unpacked.extend(tmp_path.glob("**/unpacked_*")))
    assert unpacked
    assert all(folder.is_relative_to(workspace.root) and not folder.exists() for folder in unpacked)


def test_what_was_loaded_is_archived_as_it_came(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    load(workspace)
    archived = workspace.archive_dir / str(one_batch(workspace)["archive_path"])
    assert archived.read_bytes() == (workspace.landing_dir / "d01/sales_20260301.csv").read_bytes()


def test_nothing_stays_in_landing_tables(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    deliver(workspace, "d01/sales_20260302.csv", "id\n1\n", minute=1)
    load(workspace)
    assert query(workspace, "select relname from pg_class where relnamespace = 'landing'::regnamespace") == []


def test_unmapped_columns_are_kept_and_ignored_ones_are_not(workspace: Workspace) -> None:
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, f"{yaml}    ignore: [seller]\n")
    deliver(workspace, "d01/sales_20260301.csv", f"{SALES_HEADER};seller;colour\n{sale(1)};Сидоров;white\n")
    load(workspace)
    assert query(workspace, "select _extra from raw.dms__sales") == [{"_extra": {"colour": "white"}}]
    assert one_batch(workspace)["reading"]["unmapped_columns"] == ["colour"]  # type: ignore[index]


def test_only_the_chosen_dealer_is_loaded(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02")
    for dealer in ("d01", "d02"):
        deliver_sales(workspace, "20260301", [sale(1)], dealer=dealer)
    assert [outcome.dealer_code for outcome in load(workspace, dealer="d02")] == ["d02"]
    assert load(workspace, entity="customers") == []


def test_a_broken_yaml_stops_its_dealer_alone(workspace: Workspace) -> None:
    write_dealer(workspace, "dealer_code: d02\nname: x\n", "d02")
    deliver_sales(workspace, "20260301", [sale(1)])
    refused, loaded = load(workspace)
    assert (refused.status, refused.dealer_code, loaded.status) == ("refused", "d02", "loaded")


def test_batches_are_numbered_in_the_order_they_reached_raw(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260302", [sale(1)])
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2)], minute=1)
    load(workspace)
    rows = query(workspace, "select delivered_on::text as day from ops.batches order by batch_seq")
    assert [row["day"] for row in rows] == ["2026-03-02", "2026-03-01"]


def test_rows_of_one_file_with_the_same_key_and_other_content_wait_in_quarantine(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(1, price=5), sale(1)])
    (outcome,) = load(workspace)
    assert (outcome.counts["rows_new"], outcome.counts["rows_quarantined"]) == (1, 2)
    assert current_sales(workspace) == {"1": "1000000.00"}


def test_the_words_of_a_feed_of_many_dealers_find_their_dealer(workspace: Workspace) -> None:
    group_feed = """\
    dealer_code: _group
    dealers:
      - {dealer_code: d08, name: Дальний, time_zone: Asia/Vladivostok}
    feeds:
      - source: web
        entity: leads
        path: web/leads_{date:%Y%m%d}.jsonl
        delivery: delta
        columns: {source_id: id, created_at: at, dealer_code: shop, phone: contact.phone}
        values: {dealer_code: {"Shop 1": d01}}
    """
    write_dealer(workspace, textwrap.dedent(group_feed), "_group")
    lines = [
        '{"id": 1, "at": "2026-03-01T10:00:00", "shop": "Shop 1", "contact": {"phone": "+79160000001"}}',
        '{"id": 2, "at": "2026-03-01T10:00:00", "shop": "дальний", "contact": {"phone": "+79160000002"}}',
        '{"id": 3, "at": "2026-03-01T10:00:00", "shop": "Nobody", "contact": {"phone": "+79160000003"}}',
    ]
    deliver(workspace, "web/leads_20260301.jsonl", "\n".join(lines) + "\n")
    (outcome,) = load(workspace)
    assert outcome.counts["rows_quarantined"] == 1
    leads = query(workspace, "select dealer_code, created_at, phone from raw.web__leads order by source_id")
    assert leads == [
        {"dealer_code": "d01", "created_at": "2026-03-01T10:00:00+03:00", "phone": "+79160000001"},
        {"dealer_code": "d08", "created_at": "2026-03-01T10:00:00+10:00", "phone": "+79160000002"},
    ]
    (row,) = query(workspace, "select * from quarantine.rows join quarantine.findings using (quarantine_id)")
    assert (row["rule_code"], row["value"], row["dealer_code"]) == ("dealer_unknown", "Nobody", None)


def test_a_file_that_the_database_cannot_hold_stops_itself_alone(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02")
    width = 1_400
    header = ";".join((SALES_HEADER, *(f"extra {n}" for n in range(width))))
    deliver(workspace, "d01/sales_20260301.csv", f"{header}\n{sale(1)}{';too long' * width}\n")
    deliver_sales(workspace, "20260301", [sale(1)], dealer="d02")
    assert [outcome.status for outcome in load(workspace)] == ["failed", "loaded"]


def test_a_row_whose_key_cannot_be_made_leaves_no_record_looking_absent(workspace: Workspace) -> None:
    service_feed = """\
    dealer_code: d01
    name: Север
    time_zone: Europe/Moscow
    feeds:
      - source: dms
        entity: service_orders
        path: d01/service_{date:%Y%m%d}.csv
        delivery: full
        dates: {order: ymd}
        columns: {source_id: id, closed_at: closed, full_name: customer, vin: vin}
    """
    write_dealer(workspace, textwrap.dedent(service_feed))
    header = "id;closed;customer;vin\n"
    deliver(workspace, "d01/service_20260301.csv", f"{header}1;2026-02-01;Иван;\n2;2026-02-02;Пётр;\n")
    deliver(workspace, "d01/service_20260302.csv", f"{header}1;soon;Иван;\n", minute=1)
    outcome = load(workspace)[-1]
    assert (outcome.counts["rows_quarantined"], outcome.counts["rows_absent"]) == (1, 0)
    (batch,) = query(workspace, "select reading from ops.batches where delivered_on = '2026-03-02'")
    assert batch["reading"]["absences"] == "none marked: 1 row(s) whose key cannot be told"


def test_sales_whose_numbers_begin_anew_each_year_are_told_apart_where_the_feed_says_so(workspace: Workspace) -> None:
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8") + "    yearly_numbers: true\n", encoding="utf-8")
    deliver_sales(workspace, "20260301", [sale(1, sold="2025-02-01"), sale(1, sold="2026-02-01", price=5)])
    (outcome,) = load(workspace)
    assert (outcome.counts["rows_new"], outcome.counts["rows_quarantined"]) == (2, 0)
    assert current_sales(workspace) == {"2025-1": "1000000.00", "2026-1": "5.00"}


def test_a_file_without_a_header_is_told_by_shapes_and_nobodys_name_is_written_down(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", f"{sale(1)}\n{sale(2)}\n")
    (outcome,) = load(workspace)
    assert outcome.error is not None
    assert "Яяяя Яяяяяя" in outcome.error
    books = query(
        workspace, "select to_jsonb(b) as book from ops.batches b union all select to_jsonb(o) from ops.outcomes o"
    )
    books += query(workspace, "select to_jsonb(c) as book from ops.checks c")
    assert len(books) == 3
    for told in (outcome.error, outcome.message, *(str(row["book"]) for row in books)):
        assert "Петров" not in told


def test_an_error_that_nobody_foresaw_is_told_without_the_cells_that_it_quotes(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        connection.execute("alter table raw.dms__sales add check (full_name <> 'Иван Петров')")
    deliver_sales(workspace, "20260301", [sale(1)])
    (outcome,) = load(workspace)
    assert outcome.message.startswith("CheckViolation (SQLSTATE 23514) at ingestion/feed_versions.py:")
    details = query(workspace, "select details::text || message as told from ops.outcomes")
    assert all("Петров" not in str(told) for told in (outcome.error, details))


@pytest.mark.parametrize(
    ("path", "content", "facts", "repairs"),
    [
        pytest.param(
            "d01/sales_20260301.csv",
            gzip.compress(f"{SALES_HEADER}\n{sale(1)}\n{sale(2)[:9]}".encode("cp1251")),
            {"encoding": "cp1251", "delimiter": ";", "unpacked": "sales_20260301.csv (gzip)"},
            {},
            id="cut within an archive",
        ),
        pytest.param(
            "d01/sales_20260301.csv",
            f'{SALES_HEADER}\n{sale(1)}\0\n2;2026-03-01;"Иван\n'.encode("utf-16"),
            {"delimiter": ";"},
            {"zero bytes left out": 1},
            id="a quote that is never closed",
        ),
    ],
)
def test_how_a_refused_file_was_read_is_kept_as_far_as_it_was_read(
    workspace: Workspace, path: str, content: bytes, facts: dict[str, str], repairs: dict[str, int]
) -> None:
    deliver(workspace, path, content)
    (outcome,) = load(workspace)
    assert outcome.status == "refused"
    (batch,) = query(workspace, "select reading from ops.batches")
    assert batch["reading"].items() >= facts.items()
    assert batch["reading"].get("repairs", {}) == repairs


def test_phones_that_excel_spoilt_are_told_with_the_load(workspace: Workspace) -> None:
    rows = [sale(n).replace(f"+7916000{n:04}", "7,91612E+10") for n in range(1, 5)]
    deliver_sales(workspace, "20260301", rows)
    (outcome,) = load(workspace)
    (told,) = outcome.notes
    assert told.startswith("phone: numbers of which Excel lost the last digits")
    assert told.endswith(": 4 times; have them sent as text")


def test_a_refused_file_is_told_in_one_line_until_a_good_one_comes(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", f"{SALES_HEADER.replace('sold', 'Verkauft')}\n{sale(1)}\n")
    messages = [load(workspace)[0].message for _ in range(2)]
    assert messages[0] == messages[1]
    assert messages[0].startswith("missing_columns: found id, Verkauft")
    assert "\n" not in messages[0]
    deliver_sales(workspace, "20260302", [sale(1)], minute=1)
    for _ in range(2):
        assert sorted(outcome.status for outcome in load(workspace)) in (["loaded", "skipped"], ["skipped", "skipped"])


def test_the_mistakes_in_a_yaml_are_told_to_its_own_dealer(workspace: Workspace) -> None:
    for code in ("d02", "d020"):
        write_dealer(workspace, f"dealer_code: {code}\nname: x\n", code)
    for outcome in load(workspace):
        assert outcome.error is not None
        assert f"dealers/{outcome.dealer_code}.yml:" in outcome.error
        assert len({line.split(":")[0] for line in outcome.error.splitlines()}) == 1


def test_what_is_archived_is_what_was_loaded_although_the_file_was_overwritten_meanwhile(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=1)])

    def overwrite(doing: str, _done: int, _of: int) -> None:
        if doing.endswith(": land"):
            deliver_sales(workspace, "20260301", [sale(1, price=2)], minute=5)

    load(workspace, progress=overwrite)
    batch = one_batch(workspace)
    archived = workspace.archive_dir / str(batch["archive_path"])
    assert archived.read_text(encoding="utf-8").splitlines()[1:] == [sale(1, price=1)]
    assert sha256(archived.read_bytes()).hexdigest() == batch["content_sha256"]
    assert current_sales(workspace) == {"1": "1.00"}
    load(workspace)
    assert current_sales(workspace) == {"1": "2.00"}


def test_nothing_of_a_refused_or_known_file_is_archived(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(1)], minute=5)
    deliver(workspace, "d01/sales_20260302.csv", "id\n1\n", minute=6)
    load(workspace)
    assert [file.name for file in workspace.archive_dir.rglob("*") if file.is_file()] == ["sales_20260301.csv"]


@pytest.mark.parametrize("path", ["d01/sales.csv", "d01/sales_{date:%Y%m%d}*.csv"])
def test_a_whole_that_is_sent_again_takes_back_what_came_between(workspace: Workspace, path: str) -> None:
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, yaml.replace("d01/sales_{date:%Y%m%d}*.csv", path))
    file = path.replace("{date:%Y%m%d}*", "20260301")
    for minute, rows in enumerate(([sale(1, price=1)], [sale(1, price=2), sale(2)], [sale(1, price=1)])):
        deliver(workspace, file, "\n".join((SALES_HEADER, *rows)) + "\n", minute=minute)
        assert load(workspace)[-1].status == "loaded"
    assert current_sales(workspace) == {"1": "1.00"}
    assert load(workspace)[-1].status == "skipped"


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_of_empty_cells_is_no_row_however_the_file_is_read(workspace: Workspace, quote: str) -> None:
    # A quote within a cell keeps PostgreSQL from reading the file by itself.
    rows = [sale(1, customer=f"Иван {quote}Петров"), '"";"";"";"";"";""', sale(2)]
    deliver_sales(workspace, "20260301", rows)
    (outcome,) = load(workspace)
    assert (outcome.counts["rows_read"], outcome.counts["rows_quarantined"]) == (2, 0)


def test_a_file_that_cannot_be_archived_stops_itself_alone(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02")
    for dealer in ("d01", "d02"):
        deliver_sales(workspace, "20260301", [sale(1)], dealer=dealer)
    workspace.archive_dir.mkdir()
    (workspace.archive_dir / "d01").write_text("no folder")
    assert [outcome.status for outcome in load(workspace)] == ["failed", "loaded"]


def test_a_file_that_is_still_being_written_is_told_and_loaded_by_the_next_run(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    file = workspace.landing_dir / "d01/sales_20260301.csv"
    with file.open("a", encoding="utf-8") as writer:
        writer.write(sale(2) + "\n")
        writer.flush()
        (outcome,) = load(workspace)
        assert (outcome.status, outcome.is_told) == ("skipped", True)
        assert outcome.message == (
            "still being written (another process has it open for writing): left for the next run"
        )
    assert query(workspace, "select * from ops.batches") == []
    (outcome,) = load(workspace)
    assert outcome.counts["rows_new"] == 2


def test_a_file_that_changes_while_it_is_copied_is_left_for_the_next_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])

    def copy_while_it_grows(workspace: Workspace, found: FoundFile) -> FoundFile:
        deliver_sales(workspace, "20260301", [sale(1), sale(2)], minute=1)
        return take_snapshot(workspace, found)

    with monkeypatch.context() as patch:
        patch.setattr(ingestion.load, "take_snapshot", copy_while_it_grows)
        (outcome,) = load(workspace)
    assert "changed while it was copied" in outcome.message
    assert not list(workspace.archive_dir.rglob("*.csv"))
    assert load(workspace)[0].counts["rows_new"] == 2


@pytest.mark.parametrize("minute", [3, 0])
def test_a_delta_whose_correction_is_taken_back_ends_where_it_began(workspace: Workspace, minute: int) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260228", [sale(3, price=3)])
    first, correction = [sale(1, price=1)], [sale(1, price=2), sale(2), sale(3, price=4)]
    deliver_sales(workspace, "20260301", first)
    load(workspace)
    before = current_sales(workspace, "price_amount, _source_file, _source_row, _row_hash")
    deliver_sales(workspace, "20260301", correction, minute=1)
    load(workspace)
    assert current_sales(workspace) == {"1": "2.00", "2": "1000000.00", "3": "4.00"}
    # What a later day confirmed of the correction is not the correction's alone any more.
    deliver_sales(workspace, "20260302", [sale(2)], minute=2)
    load(workspace)
    deliver_sales(workspace, "20260301", first, minute=minute)  # as new, or put back with its time
    assert sorted(outcome.status for outcome in load(workspace)) == ["loaded", "skipped", "skipped"]
    assert {outcome.status for outcome in load(workspace)} == {"skipped"}
    after = current_sales(workspace, "price_amount, _source_file, _source_row, _row_hash")
    assert after.pop("2")[0] == "1000000.00"
    assert after == before
    deliver_sales(workspace, "20260301", correction, minute=4)
    load(workspace)
    assert current_sales(workspace) == {"1": "2.00", "2": "1000000.00", "3": "4.00"}


def test_of_a_delta_without_a_date_in_its_name_an_old_file_sent_again_is_skipped(workspace: Workspace) -> None:
    write_sales_dealer(workspace, delivery="delta")
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, yaml.replace("d01/sales_{date:%Y%m%d}*.csv", "d01/sales.csv"))
    for minute, (price, status) in enumerate(((1, "loaded"), (2, "loaded"), (1, "skipped"))):
        deliver(workspace, "d01/sales.csv", f"{SALES_HEADER}\n{sale(1, price=price)}\n", minute=minute)
        assert load(workspace)[-1].status == status
    assert current_sales(workspace) == {"1": "2.00"}


def test_a_whole_that_always_ends_in_a_row_without_a_key_marks_what_is_gone(workspace: Workspace) -> None:
    total = ";;;;;3000000"
    deliver_sales(workspace, "20260301", [sale(1), sale(2), sale(3), total])
    deliver_sales(workspace, "20260302", [sale(1), sale(2), total], minute=1)
    deliver_sales(workspace, "20260303", [sale(1), ";2026-03-01;x;;;1", total], minute=2)
    first, second, third = load(workspace)
    assert (first.counts["rows_quarantined"], second.counts["rows_absent"]) == (1, 1)
    assert sorted(current_sales(workspace)) == ["1", "2"]
    assert third.counts["rows_absent"] == 0  # one of them may be the second sale


def test_a_file_that_no_feed_asks_for_is_told(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    load(workspace)
    assert "no feed" not in caplog.text
    deliver(workspace, "d01/Sales-20260302.csv", SALES_HEADER)
    load(workspace)
    told = "1 file(s) under landing/ match the path of no feed and are not loaded: d01/Sales-20260302.csv."
    assert caplog.text.count(told) == 1
    load(workspace)
    assert caplog.text.count(told) == 2
    for source in ("dms", "web", "dms"):
        load(workspace, source=source)  # as Airflow does, a night in many loads
    assert caplog.text.count(told) == 3
    deliver(workspace, "d01/Sales-20260303.csv", SALES_HEADER)
    load(workspace, source="web")
    assert caplog.text.count("2 file(s) under landing/") == 1


def test_a_landing_folder_that_is_not_there_is_a_failure_and_no_quiet_night(workspace: Workspace) -> None:
    workspace.landing_dir.rmdir()
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.source_file) == ("failed", "landing/")
    assert "no such folder: a share that is not mounted" in str(outcome.error)
