"""A dealer's export changes overnight: what is found all the same, what is told, and what is held."""

from __future__ import annotations

import pytest

from ingestion.load import load
from ingestion.outcomes import FileOutcome
from tests.ingestion.deliveries import SALES_HEADER, current_sales, deliver, query, write_group, write_sales_dealer
from warehouse.settings import Workspace

NAMES = SALES_HEADER.split(";")
FIRST = {"id": "{n}", "sold": "2026-03-01", "customer": "Иван Петров", "phone": "+7 916 000-00-{n:02}", "make": "LADA"}


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace whose dealer delivered twelve sales on the first of March."""
    write_group(workspace)
    write_sales_dealer(workspace)
    assert loaded(workspace, 1, {**FIRST, "price": "{n}00"}).notes == ()
    return workspace


def loaded(workspace: Workspace, day: int, columns: dict[str, str]) -> FileOutcome:
    """What becomes of twelve sales with these columns: the name, and what stands there in the n-th row."""
    rows = [";".join(cell.format(n=n) for cell in columns.values()) for n in range(1, 13)]
    deliver(workspace, f"d01/sales_202603{day:02}.csv", "\n".join((";".join(columns), *rows)) + "\n", minute=day)
    return next(outcome for outcome in load(workspace) if outcome.delivered_on and outcome.delivered_on.day == day)


def test_reordered_columns_and_one_of_the_names_that_the_yaml_lists_are_found_and_told(workspace: Workspace) -> None:
    before = current_sales(workspace, "sold_at, phone, price_amount")
    renamed = {"price": "{n}00", "handover": "2026-03-01", **{n: FIRST[n] for n in ("phone", "customer", "id", "make")}}
    outcome = loaded(workspace, 2, renamed)
    assert outcome.counts["rows_unchanged"] == 12
    assert outcome.notes == ("`sold_at` is read from «handover» now, before from «sold»",)
    assert current_sales(workspace, "sold_at, phone, price_amount") == before
    assert loaded(workspace, 3, {**renamed, "price": "{n}01"}).notes == ()


def test_a_column_that_the_yaml_does_not_name_is_kept_and_told_once(workspace: Workspace) -> None:
    (note,) = loaded(workspace, 2, {**FIRST, "price": "{n}00", "Скидка, %": "5"}).notes
    assert note == (
        "columns that the YAML does not name are kept in `_extra`: «Скидка, %»; "
        "map them under `columns:` or refuse them under `ignore:` in dealers/d01.yml, line 5"
    )
    assert loaded(workspace, 3, {**FIRST, "price": "{n}01", "Скидка, %": "5"}).notes == ()
    rows = query(workspace, "select distinct _extra from raw.dms__sales where _delivered_on = '2026-03-03'")
    assert rows == [{"_extra": {"Скидка, %": "5"}}]
    checks = query(workspace, "select action, observed from ops.checks where rule_code = 'columns_unknown'")
    assert checks == [{"action": "warn", "observed": note}]


@pytest.mark.parametrize(
    "new_name",
    [
        pytest.param("Дата handover", id="a name that holds the old one"),
        pytest.param("handovr", id="a name that is spelt nearly so"),
        pytest.param("Выдан", id="the only new column, and its cells are dates"),
    ],
)
def test_a_required_column_that_was_renamed_refuses_the_file_with_the_line_to_write(
    workspace: Workspace, new_name: str
) -> None:
    columns = {"id": "{n}", new_name: "2026-03-01", "customer": "Иван", "phone": "", "make": "", "price": "1"}
    outcome = loaded(workspace, 2, columns)
    assert outcome.status == "refused"
    assert outcome.error is not None
    assert f"sold_at: [sold, handover, {new_name}]" in outcome.error
    file = workspace.dealers_dir / "d01.yml"
    text = file.read_text(encoding="utf-8").replace(
        "sold_at: [sold, handover]", f"sold_at: [sold, handover, {new_name}]"
    )
    file.write_text(text, encoding="utf-8")
    assert load(workspace)[-1].status == "loaded"


def test_nothing_is_suggested_for_a_column_that_resembles_none(workspace: Workspace) -> None:
    columns = {"id": "{n}", "Цвет": "белый", "Отдел": "ОП", "customer": "Иван", "price": "1"}
    outcome = loaded(workspace, 2, columns)
    assert outcome.error is not None
    assert 'sold_at: [sold, handover, "<its new name>"]' in outcome.error


def test_a_column_that_may_be_missing_is_told_when_it_goes_with_the_one_that_it_may_be(workspace: Workspace) -> None:
    columns = {**FIRST, "price": "{n}00"}
    phone = columns.pop("phone")
    outcome = loaded(workspace, 2, {**columns, "Phone number": phone})
    assert outcome.status == "loaded"
    assert outcome.notes[-1] == (
        "`phone` stays empty: the file has no column «phone»; it may be «Phone number» now: "
        "write `phone: [phone, Phone number]` in dealers/d01.yml, line 5"
    )
    assert loaded(workspace, 3, {**columns, "Phone number": phone, "make": "УАЗ"}).notes == ()


def test_a_column_that_held_numbers_and_holds_words_is_told(workspace: Workspace) -> None:
    loaded(workspace, 2, {**FIRST, "phone": "", "price": "{n}00"})  # a day without phones is forgotten
    outcome = loaded(workspace, 3, {**FIRST, "phone": "Мария", "price": "{n}00"})
    assert "`phone` («phone») held numbers until now, and here words" in outcome.notes


def test_an_amount_that_became_a_word_refuses_the_file_and_is_told(workspace: Workspace) -> None:
    outcome = loaded(workspace, 2, {**FIRST, "price": "по запросу"})
    assert outcome.status == "refused"
    assert "`price_amount` («price») held numbers until now, and here words" in outcome.notes


def test_records_that_would_all_be_new_hold_the_file_until_a_person_says_so(workspace: Workspace) -> None:
    outcome = loaded(workspace, 2, {**FIRST, "id": "Д-{n}", "price": "{n}00"})
    assert (outcome.status, outcome.message.split(":")[0]) == ("held", "key_column_changed")
    assert f"`dealer360 batches approve {outcome.batch_id} --reason" in str(outcome.error)
    assert len(current_sales(workspace)) == 12


def test_dates_written_in_another_order_are_read_rightly_and_told(workspace: Workspace) -> None:
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("    dates: {order: ymd}\n", ""), encoding="utf-8")
    loaded(workspace, 2, {**FIRST, "sold": "{n:02}/02/2026", "price": "{n}00", "make": "25/02/2026"})
    assert loaded(workspace, 3, {**FIRST, "sold": "02/{n:02}/2026", "price": "{n}00"}).status == "refused"
    rows = [f"{n};02/{n + 10:02}/2026;Иван Петров;+7 916 000-00-{n:02};LADA;{n}00" for n in range(1, 13)]
    deliver(workspace, "d01/sales_20260304.csv", "\n".join((SALES_HEADER, *rows)) + "\n", minute=4)
    outcome = next(o for o in load(workspace) if o.source_file == "d01/sales_20260304.csv")
    assert any(note.startswith("the order of day, month and year was") for note in outcome.notes)
    days = {number: sold_at[:10] for number, sold_at in current_sales(workspace, "sold_at").items()}
    assert days == {str(n): f"2026-02-{n + 10}" for n in range(1, 13)}
