from collections import defaultdict
from datetime import datetime, timedelta

from demo.generate import DemoGroup
from demo.rows import Row
from tests.demo.conftest import rows_of


def moment(row: Row, column: str) -> datetime:
    value = row.values[column]
    assert isinstance(value, datetime)
    return value


def test_some_prospects_are_invited_by_several_centres_within_a_fortnight(large_group: DemoGroup) -> None:
    invited = defaultdict(list)
    for row in rows_of(large_group, "invitations"):
        invited[row.people[""]].append((moment(row, "sent_at"), row.dealer_code))
    collisions = [
        who
        for who, sent in invited.items()
        if any(one[1] != other[1] and abs(one[0] - other[0]) < timedelta(days=14) for one in sent for other in sent)
    ]

    assert len(collisions) > 50


def test_between_a_tenth_and_a_third_of_those_who_ask_ask_several_centres(large_group: DemoGroup) -> None:
    asked = defaultdict(set)
    for row in rows_of(large_group, "leads"):
        if row.people[""]:
            asked[row.people[""]].add(row.dealer_code)

    assert 0.1 < sum(len(codes) > 1 for codes in asked.values()) / len(asked) < 0.35


def test_leads_come_from_the_group_as_json_and_from_the_centres_as_adf(large_group: DemoGroup) -> None:
    owners = {(row.feed_owner, row.medium) for row in rows_of(large_group, "leads")}

    assert owners == {("_group", ""), ("d01", "adf"), ("d03", "adf"), ("d05", "adf")}


def test_a_double_click_is_a_second_lead_within_ten_minutes(large_group: DemoGroup) -> None:
    leads = defaultdict(list)
    for row in rows_of(large_group, "leads"):
        leads[row.dealer_code, row.people[""], row.values["phone"], row.values["model"]].append(
            moment(row, "created_at")
        )
    doubles = [
        times
        for times in leads.values()
        if any(timedelta(0) < b - a < timedelta(minutes=10) for a in times for b in times)
    ]

    assert doubles


def test_the_origin_of_some_leads_is_unknown(large_group: DemoGroup) -> None:
    leads = rows_of(large_group, "leads")

    assert 0.1 < sum(not row.values["channel"] for row in leads) / len(leads) < 0.2


def test_calls_are_dated_in_the_zone_of_the_account(large_group: DemoGroup) -> None:
    far_east = [row for row in rows_of(large_group, "calls") if row.dealer_code == "d05"]
    hours = {moment(row, "started_at").hour for row in far_east}

    # 9 to 20 o'clock in Vladivostok are 2 to 13 in Moscow.
    assert max(hours) < 14
    assert min(hours) < 9


def test_the_exchange_of_a_centre_takes_its_own_calls(large_group: DemoGroup) -> None:
    owners = {row.dealer_code: row.feed_owner for row in rows_of(large_group, "calls")}

    assert owners == {"d01": "_group", "d02": "_group", "d03": "_group", "d04": "d04", "d05": "_group", "d06": "_group"}


def test_who_recommended_us_is_somebody_else(large_group: DemoGroup) -> None:
    referred = [row for row in rows_of(large_group, "leads") if row.people.get("referrer")]

    assert referred
    assert all(row.people["referrer"] != row.people[""] and row.values["referrer_name"] for row in referred)
