"""What people decide about rows and files that were kept out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from ingestion.errors import LaterDelivery, RowsNotReleasable, UnknownBatch, WaitsForApproval
from ingestion.load import load, replay
from ingestion.outcomes import FileOutcome
from ingestion.quarantine import discard, release
from tests.ingestion.deliveries import (
    SALES_HEADER,
    current_sales,
    deliver,
    deliver_sales,
    query,
    sale,
    starts_when_landed,
    write_dealer,
    write_sales_dealer,
)
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

pytestmark = pytest.mark.usefixtures("sales_dealer")


def load_one(workspace: Workspace) -> str:
    outcome = load(workspace)[-1]
    assert outcome.batch_id is not None
    return outcome.batch_id


def vouch(workspace: Workspace, batch_id: str, source_row: int | None = None) -> FileOutcome:
    return release(workspace, batch_id, source_row, decided_by="anna", reason="the dealer says so", is_vouched=True)


def judge_anew(workspace: Workspace, batch_id: str, source_row: int | None = None) -> FileOutcome:
    return release(workspace, batch_id, source_row, decided_by="anna")


def decisions(workspace: Workspace) -> list[tuple[int, str, str, str]]:
    rows = query(
        workspace,
        "select source_row, decision, decided_by, reason from quarantine.decisions join quarantine.rows "
        "using (quarantine_id) order by decision_id",
    )
    return [(row["source_row"], row["decision"], row["decided_by"], row["reason"]) for row in rows]


def statuses(workspace: Workspace) -> list[tuple[int, str]]:
    rows = query(workspace, "select source_row, status from quarantine.rows order by quarantine_id")
    return [(row["source_row"], row["status"]) for row in rows]


def test_a_released_row_is_in_raw_and_the_others_wait_on(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-5), sale(3, price=-6)])
    batch_id = load_one(workspace)
    assert vouch(workspace, batch_id, 3).counts["rows_new"] == 1
    assert current_sales(workspace) == {"1": "1000000.00", "2": "-5.00"}
    assert statuses(workspace) == [(3, "released"), (4, "open")]
    assert [outcome.status for outcome in load(workspace)] == ["skipped"]


def test_rows_released_one_by_one_are_all_in_raw_and_stay_there_when_the_batch_is_replayed(
    workspace: Workspace,
) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-5), sale(3, price=-6), sale(4, price=-7)])
    batch_id = load_one(workspace)
    vouch(workspace, batch_id, 3)
    vouch(workspace, batch_id, 4)
    assert statuses(workspace) == [(3, "released"), (4, "released"), (5, "open")]
    assert current_sales(workspace) == {"1": "1000000.00", "2": "-5.00", "3": "-6.00"}
    assert replay(workspace, batch_id).counts["rows_quarantined"] == 1
    assert current_sales(workspace) == {"1": "1000000.00", "2": "-5.00", "3": "-6.00"}


def test_a_released_row_leaves_what_a_corrected_file_said_since(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=1), sale(2, price=-5)])
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=2), sale(3)], minute=5, suffix="_corrected")
    load(workspace)
    vouch(workspace, batch_id, 3)
    assert current_sales(workspace) == {"1": "2.00", "2": "-5.00", "3": "1000000.00"}


@pytest.mark.parametrize("price_before", [7, 8])
def test_a_row_that_was_corrected_meanwhile_is_not_released(workspace: Workspace, price_before: int) -> None:
    deliver_sales(workspace, "20260228", [sale(1), sale(2, price=price_before)])
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-7)], minute=1)
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=7)], minute=5, suffix="_corrected")
    load(workspace)
    with pytest.raises(RowsNotReleasable, match="later delivery"):
        vouch(workspace, batch_id, 3)
    assert current_sales(workspace)["2"] == "7.00"


def test_a_batch_that_was_corrected_meanwhile_is_not_replayed(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=1)])
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=2), sale(3)], minute=5, suffix="_corrected")
    load(workspace)
    with pytest.raises(LaterDelivery, match="same feed and day"):
        replay(workspace, batch_id)
    assert current_sales(workspace) == {"1": "2.00", "3": "1000000.00"}


def test_a_delta_that_was_corrected_under_its_own_name_is_not_replayed(workspace: Workspace) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260301", [sale(1, price=1)])
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=2), sale(3)], minute=5)
    load(workspace)
    with pytest.raises(LaterDelivery, match="same feed and day"):
        replay(workspace, batch_id)
    assert current_sales(workspace) == {"1": "2.00", "3": "1000000.00"}


def test_parts_of_a_day_that_are_replayed_one_after_the_other_are_all_read_anew(workspace: Workspace) -> None:
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=1)])
    first = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(2, price=2)], minute=5, suffix="_part_2")
    second = load_one(workspace)
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, f"{yaml}    constants: {{department: new cars}}\n")
    assert [replay(workspace, batch_id).status for batch_id in (first, second)] == ["loaded", "loaded"]
    assert current_sales(workspace, "price_amount, department") == {
        "1": ("1000000.00", "new cars"),
        "2": ("2.00", "new cars"),
    }


def test_a_row_that_breaks_no_rule_any_more_is_released_and_the_others_wait_on(workspace: Workspace) -> None:
    good, unreadable = sale(1), sale(2, price="10 тыс.")
    deliver_sales(workspace, "20260301", [good, unreadable, sale(3, price=-6)])
    batch_id = load_one(workspace)
    file = workspace.dealers_dir / "d01.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "    values: {price_amount: {'10 тыс.': 10000}}\n", encoding="utf-8")
    outcome = judge_anew(workspace, batch_id)
    assert outcome.counts["rows_new"] == 1
    assert [note for note in outcome.notes if "row 4" in note]
    assert current_sales(workspace) == {"1": "1000000.00", "2": "10000.00"}
    assert statuses(workspace) == [(3, "released"), (4, "open")]
    assert decisions(workspace) == [(3, "released", "anna", "judged anew")]


def test_rows_that_break_their_rules_as_before_stay_where_they_are(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-5)])
    batch_id = load_one(workspace)
    with pytest.raises(RowsNotReleasable, match="price_not_positive"):
        judge_anew(workspace, batch_id)
    assert statuses(workspace) == [(3, "open")]
    assert list(current_sales(workspace)) == ["1"]
    assert len(query(workspace, "select from ops.batches")) == 1


def test_a_row_of_an_unknown_dealer_is_released_once_a_yaml_names_him(workspace: Workspace) -> None:
    file = workspace.dealers_dir / "d01.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("make: make", "dealer_code: make"), encoding="utf-8")
    rows = [sale(n).replace("LADA", "d01") for n in range(1, 5)]
    deliver_sales(workspace, "20260301", [*rows, sale(5).replace("LADA", "Северный")])
    batch_id = load_one(workspace)
    with pytest.raises(RowsNotReleasable, match="dealer_unknown"):
        judge_anew(workspace, batch_id)
    named = file.read_text(encoding="utf-8") + "    values: {dealer_code: {Северный: d01}}\n"
    file.write_text(named, encoding="utf-8")
    judge_anew(workspace, batch_id)
    assert sorted(current_sales(workspace)) == ["1", "2", "3", "4", "5"]


def test_a_row_whose_release_cannot_be_noted_is_not_released(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-5)])
    batch_id = load_one(workspace)
    with connect(workspace) as connection:
        connection.execute("alter table quarantine.decisions rename to decisions_elsewhere")
    assert vouch(workspace, batch_id).status == "failed"
    with connect(workspace) as connection:
        connection.execute("alter table quarantine.decisions_elsewhere rename to decisions")
    assert (statuses(workspace), list(current_sales(workspace))) == ([(3, "open")], ["1"])
    vouch(workspace, batch_id)
    assert decisions(workspace) == [(3, "released", "anna", "the dealer says so")]


def test_a_discarded_row_waits_no_longer(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-5)])
    assert discard(workspace, load_one(workspace), decided_by="anna", reason="a test row") == 1
    assert statuses(workspace) == [(3, "discarded")]
    assert decisions(workspace) == [(3, "discarded", "anna", "a test row")]
    assert list(current_sales(workspace)) == ["1"]


def test_a_row_that_nobody_can_tell_is_not_released(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [*[sale(n) for n in range(9)], f"{sale(9)};more"])
    with pytest.raises(RowsNotReleasable, match="row"):
        vouch(workspace, load_one(workspace))


def test_a_held_file_waits_for_a_name_and_a_reason(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    deliver_sales(workspace, "20260302", [sale(n) for n in range(3)], minute=1)
    held = load_one(workspace)
    with pytest.raises(WaitsForApproval) as refused:
        replay(workspace, held)
    assert f"`dealer360 batches approve {held} --reason '…'`" in refused.value.do
    assert len(current_sales(workspace)) == 20


def test_a_refused_file_that_can_be_read_by_now_may_still_be_held(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    deliver(workspace, "d01/sales_20260302.csv", f"{SALES_HEADER.replace('sold', 'Verkauft')}\n{sale(1)}\n", minute=1)
    refused = load_one(workspace)
    yaml = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")
    write_dealer(workspace, yaml.replace("[sold, handover]", "[sold, handover, Verkauft]"))
    assert replay(workspace, refused).message.startswith("far_fewer_rows")


def during_the_next_load(workspace: Workspace, decide: Callable[[], FileOutcome]) -> str:
    """What is said of a decision that waits for the feed's lock while a load publishes a file."""
    said: list[str] = []

    def wait() -> None:
        try:
            said.append(decide().status)
        except Dealer360Error as error:
            said.append(type(error).__name__)

    decision = Thread(target=wait)

    load(workspace, progress=starts_when_landed(workspace, decision))
    decision.join()
    return said[0]


def test_a_replay_that_waited_for_a_load_sees_what_was_loaded_meanwhile(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=1)])
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=2)], minute=5, suffix="_corrected")
    assert during_the_next_load(workspace, lambda: replay(workspace, batch_id)) == "LaterDelivery"
    assert current_sales(workspace) == {"1": "2.00"}


def test_a_release_that_waited_for_a_load_sees_that_the_row_was_corrected_meanwhile(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-7)])
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=7)], minute=5, suffix="_corrected")
    assert during_the_next_load(workspace, lambda: vouch(workspace, batch_id)) == "RowsNotReleasable"
    assert current_sales(workspace)["2"] == "7.00"


def test_a_row_that_a_load_settles_meanwhile_is_not_discarded(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price=-7)])
    batch_id = load_one(workspace)
    deliver_sales(workspace, "20260302", [sale(1), sale(2, price=7)], minute=5)
    counts: list[int] = []
    decision = Thread(
        target=lambda: counts.append(discard(workspace, batch_id, decided_by="anna", reason="a test row"))
    )
    load(workspace, progress=starts_when_landed(workspace, decision))
    decision.join()
    assert (counts, statuses(workspace)) == ([0], [(3, "superseded")])


def test_a_loaded_batch_is_read_anew_with_the_yaml_of_today(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2)])
    batch_id = load_one(workspace)
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8") + "    constants: {department: new cars}\n", encoding="utf-8")
    assert replay(workspace, batch_id).counts["rows_changed"] == 2
    assert current_sales(workspace, "department") == {"1": "new cars", "2": "new cars"}


def test_a_batch_that_is_not_there_is_told(workspace: Workspace) -> None:
    with pytest.raises(UnknownBatch, match="no_such"):
        replay(workspace, "no_such")


def test_a_bad_row_that_comes_every_night_waits_once(workspace: Workspace) -> None:
    for day in (1, 2, 3):
        deliver_sales(
            workspace, f"2026030{day}", [sale(1, price=day), sale(2, price=-5), sale("", price=5)], minute=day
        )
        load(workspace)
    assert statuses(workspace) == [(3, "superseded"), (4, "superseded")] * 2 + [(3, "open"), (4, "open")]


def test_a_record_that_a_later_day_holds_rightly_waits_no_longer_and_one_of_an_earlier_day_changes_nothing(
    workspace: Workspace,
) -> None:
    deliver_sales(workspace, "20260302", [sale(1), sale(2, price=-5)])
    load(workspace)
    deliver_sales(workspace, "20260301", [sale(1), sale(2)], minute=1)
    load(workspace)
    assert statuses(workspace) == [(3, "open")]
    deliver_sales(workspace, "20260303", [sale(1), sale(2)], minute=2)
    load(workspace)
    assert statuses(workspace) == [(3, "superseded")]
