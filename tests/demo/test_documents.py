from collections import defaultdict

from demo.generate import DemoGroup
from tests.demo.conftest import rows_of


def test_sales_name_cards_that_the_register_holds(large_group: DemoGroup) -> None:
    cards = {(row.dealer_code, row.source_id) for row in rows_of(large_group, "customers")}

    for row in rows_of(large_group, "sales"):
        if row.dealer_code in ("d02", "d03", "d06"):
            assert (row.dealer_code, row.values["customer_source_id"]) in cards


def test_a_card_belongs_to_one_customer_and_some_customers_have_two(large_group: DemoGroup) -> None:
    owners, cards = defaultdict(set), defaultdict(set)
    for row in rows_of(large_group, "customers"):
        if not row.unjudged:
            owners[row.dealer_code, row.source_id].add(row.people[""])
            cards[row.dealer_code, row.people[""]].add(row.source_id)

    assert all(len(who) == 1 for who in owners.values())
    assert 0.02 < sum(len(numbers) > 1 for numbers in cards.values()) / len(cards) < 0.4


def test_order_numbers_begin_anew_every_year(large_group: DemoGroup) -> None:
    orders = [row for row in rows_of(large_group, "service_orders") if row.dealer_code == "d01"]

    assert len({row.record_id for row in orders}) > len({row.source_id for row in orders})


def test_drivers_and_payers_are_people_of_their_own(large_group: DemoGroup) -> None:
    orders, sales = rows_of(large_group, "service_orders"), rows_of(large_group, "sales")

    driven = [row for row in orders if row.people.get("driver")]
    leased = [row for row in sales if row.people.get("payer")]
    assert driven
    assert leased
    assert all(row.people["driver"] != row.people[""] for row in driven)
    assert all(row.people["payer"].startswith("c") for row in leased)


def test_a_return_names_its_sale_and_gives_the_price_back(large_group: DemoGroup) -> None:
    sales = rows_of(large_group, "sales")
    numbers = {(row.dealer_code, row.source_id) for row in sales}
    returns = [row for row in sales if row.values["document_type"] == "return"]

    assert returns
    for row in returns:
        assert (row.dealer_code, row.values["original_source_id"]) in numbers
        assert isinstance(row.values["price_amount"], int)
        assert row.values["price_amount"] < 0


def test_vehicles_stand_in_the_register_once_with_a_number_of_their_own(large_group: DemoGroup) -> None:
    first_night = [d for d in large_group.deliveries if d.night == 1 and d.feed.entity == "vehicles"]

    for delivery in first_night:
        cars = [row.values["vin"] or row.values["chassis_no"] for row in delivery.rows]
        assert len(set(cars)) == len(cars)
        assert len({row.source_id for row in delivery.rows}) == len(cars)


def test_a_car_built_for_japan_has_a_frame_number_in_the_register_and_in_its_sale(large_group: DemoGroup) -> None:
    frames = {row.values["chassis_no"] for row in rows_of(large_group, "vehicles") if not row.values["vin"]}
    sold = {row.values["vin"] for row in rows_of(large_group, "sales") if row.dealer_code == "d05"}

    assert frames
    assert frames & sold


def test_somebody_tried_the_programme_with_a_test_customer(large_group: DemoGroup) -> None:
    names = {row.values["full_name"] for row in rows_of(large_group, "customers") if row.unjudged}

    assert names == {"Тестов Тест"}
