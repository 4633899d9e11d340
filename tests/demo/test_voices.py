from collections import defaultdict
from datetime import datetime

from demo.generate import DemoGroup
from tests.demo.conftest import rows_of


def test_incomplete_responses_have_no_date_and_no_score(large_group: DemoGroup) -> None:
    responses = rows_of(large_group, "responses")
    incomplete = [row for row in responses if row.values["submitted_at"] is None]

    assert 0.05 < len(incomplete) / len(responses) < 0.2
    assert all(row.values["nps"] is None for row in incomplete)


def test_scores_lie_between_their_bounds(large_group: DemoGroup) -> None:
    complete = [row for row in rows_of(large_group, "responses") if row.values["nps"] is not None]

    assert {row.values["nps"] for row in complete} == set(range(11))
    assert {row.values["csat"] for row in complete} <= set(range(1, 6))


def test_a_response_names_the_document_it_is_about(large_group: DemoGroup) -> None:
    sales = {(row.dealer_code, row.source_id) for row in rows_of(large_group, "sales")}

    for row in rows_of(large_group, "responses"):
        if row.values["touchpoint"] == "sale" and row.values["related_source_id"]:
            assert (row.dealer_code, row.values["related_source_id"]) in sales


def test_some_responses_name_nobody_and_are_nobodys(large_group: DemoGroup) -> None:
    anonymous = [row for row in rows_of(large_group, "responses") if not row.people]

    assert anonymous
    assert not any(
        row.values["phone"] or row.values["full_name"] or row.values["related_source_id"] for row in anonymous
    )


def test_a_withdrawal_comes_after_the_consent(large_group: DemoGroup) -> None:
    events: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for row in rows_of(large_group, "consents"):
        occurred_at, status = row.values["occurred_at"], row.values["status"]
        assert isinstance(occurred_at, datetime)
        assert isinstance(status, str)
        events[row.dealer_code, row.people[""]].append((occurred_at, status))
    withdrawn = [sorted(of_person) for of_person in events.values() if any(s == "withdrawn" for _, s in of_person)]

    assert withdrawn
    assert all(of_person[0][1] in ("granted", "denied") for of_person in withdrawn)


def test_consents_are_given_to_the_centre_or_to_the_group(large_group: DemoGroup) -> None:
    controllers = {str(row.values["controller"]) for row in rows_of(large_group, "consents")}

    assert "АО «Меридиан»" in controllers
    assert "ООО «Север-Авто»" in controllers


def test_market_and_spending_are_told_by_brand_and_by_month(large_group: DemoGroup) -> None:
    brands = {row.values["brand"] for row in rows_of(large_group, "registrations")}
    months = {row.values["period"] for row in rows_of(large_group, "channel_spend")}

    assert {"Lada", "Haval", "Chery", "Geely"} <= brands
    assert len(months) == 36
    assert min(map(str, months)) == "2023-03"
