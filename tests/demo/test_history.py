import random
from collections import defaultdict

import pytest

from demo.centres import read_centres
from demo.generate import DemoGroup
from demo.history import HISTORY_FROM, LAST_DAY, NIGHTS, History, HistoryMaker, Sale
from demo.people import Company, Person


@pytest.fixture(scope="module")
def history(large_group: DemoGroup) -> History:
    return HistoryMaker(random.Random(3), large_group.population, read_centres_without_group()).run()


def read_centres_without_group() -> dict:
    return {code: centre for code, centre in read_centres().items() if code != "_group"}


def sold_to(history: History) -> dict[str, list[Sale]]:
    owners = defaultdict(list)
    for sale in history.sales:
        if sale.document_type == "sale":
            owners[sale.vehicle.number].append(sale)
    return owners


def test_everything_happens_between_the_first_day_and_the_last(history: History) -> None:
    assert all(HISTORY_FROM <= sale.happened_on <= LAST_DAY for sale in history.sales)
    assert all(HISTORY_FROM <= visit.closed_at.date() <= LAST_DAY for visit in history.visits)


def test_mileage_of_a_car_grows_from_visit_to_visit(history: History) -> None:
    readings = defaultdict(list)
    for visit in history.visits:
        readings[visit.vehicle.number].append((visit.closed_at, visit.odometer_km))
    several = [sorted(of_car) for of_car in readings.values() if len(of_car) > 2]
    growing = [[km for _, km in of_car] == sorted(km for _, km in of_car) for of_car in several]

    assert len(several) > 100
    # A car that was resold starts again in the books of its second owner: that is what a cheater's odometer looks like.
    assert sum(growing) / len(growing) > 0.97


def test_cars_are_resold_to_somebody_else(history: History) -> None:
    resold = [sales for sales in sold_to(history).values() if len(sales) > 1]

    assert resold
    for first, second, *_ in resold:
        assert first.customer is not second.customer
        assert first.happened_on < second.happened_on
        assert second.condition == "used"


def test_cars_change_hands_without_a_sale_in_the_group(history: History) -> None:
    buyers = {number: {id(sale.customer) for sale in sales} for number, sales in sold_to(history).items()}
    strangers = {
        (visit.vehicle.number, visit.customer.person_id)
        for visit in history.visits
        if isinstance(visit.customer, Person)
        and id(visit.customer) not in buyers.get(visit.vehicle.number, {id(visit.customer)})
    }

    assert len(strangers) >= 5


def test_some_people_buy_at_two_centres(history: History) -> None:
    centres = defaultdict(set)
    for sale in history.sales:
        if isinstance(sale.customer, Person):
            centres[sale.customer.person_id].add(sale.dealer_code)

    assert sum(len(codes) > 1 for codes in centres.values()) > 10


def test_people_buy_again_and_give_the_old_car_in_payment(history: History) -> None:
    assert sum(sale.trade_in is not None for sale in history.sales) > 10


def test_companies_buy_through_leasing(history: History) -> None:
    leased = [sale for sale in history.sales if sale.payer]

    assert leased
    assert all(isinstance(sale.customer, Company) and sale.payer.is_leasing for sale in leased if sale.payer)


def test_there_are_returns_offers_and_dealer_trades_where_the_programme_knows_them(history: History) -> None:
    kinds = defaultdict(set)
    for sale in history.sales:
        kinds[sale.dealer_code].add(sale.document_type)

    assert {"sale", "return", "quote", "wholesale"} <= kinds["d02"] | kinds["d04"]
    assert kinds["d01"] == {"sale"}
    assert all(sale.original for sale in history.sales if sale.document_type == "return")


def test_every_centre_has_news_on_each_day_before_a_night(history: History) -> None:
    sold = {(sale.dealer_code, sale.happened_on) for sale in history.sales}
    closed = {(visit.dealer_code, visit.closed_at.date()) for visit in history.visits}

    for code in read_centres_without_group():
        for day in NIGHTS[:-1]:
            assert (code, day) in sold
            assert (code, day) in closed


def test_a_centre_sells_its_own_brands_new(history: History) -> None:
    centres = read_centres()

    for sale in history.sales:
        if sale.condition == "new":
            assert sale.vehicle.model.make in centres[sale.dealer_code].brands
