"""What happened at the centres: cars bought, serviced, traded in and sold again, over three years."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from demo.centres import Centre
from demo.people import Company, Customer, Person, Population
from demo.vehicles import Vehicle, VehicleMaker

HISTORY_FROM = date(2023, 3, 1)
NIGHTS = tuple(date(2026, 3, day) for day in (2, 3, 4, 5))  # files carry these dates and hold all before them
LAST_DAY = NIGHTS[-1] - timedelta(days=1)
_HISTORY_DAYS = (NIGHTS[0] - HISTORY_FROM).days
_JOBS = (("ТО", 45), ("Слесарный ремонт", 22), ("Шиномонтаж", 18), ("Диагностика", 10), ("Кузовной ремонт", 5))
_REPAIRS = ("Слесарный ремонт", "Диагностика")
_COMPLAINTS = (
    "Стук в подвеске",
    "Горит Check Engine",
    "Скрип тормозов",
    "Не работает кондиционер",
    "Вибрация на скорости",
)


@dataclass
class Sale:
    """A sales document about one car. `sold_at` is the handover in the centre's local time, None while open."""

    dealer_code: str
    customer: Customer
    vehicle: Vehicle
    contracted_on: date
    sold_at: datetime | None
    condition: str
    price: int
    discount: int
    salesperson: Person
    document_type: str = "sale"
    status: str = "delivered"
    trade_in: Vehicle | None = None
    payer: Company | None = None
    original: Sale | None = None
    number: str = ""

    @property
    def happened_on(self) -> date:
        """The day on which the document last changed."""
        return self.sold_at.date() if self.sold_at else self.contracted_on


@dataclass
class Visit:
    """A closed repair order; times are the centre's local ones."""

    dealer_code: str
    customer: Customer
    vehicle: Vehicle
    opened_at: datetime
    closed_at: datetime
    odometer_km: int
    job_type: str
    paid_by: str
    labor: int
    parts: int
    advisor: Person
    complaint: str
    driver: Person | None = None
    number: str = ""


@dataclass
class History:
    """All sales and visits, each list in the order of its days."""

    sales: list[Sale] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)


class HistoryMaker:
    """Lets the population buy cars, come to the workshop, trade in and buy again."""

    def __init__(self, rng: random.Random, population: Population, centres: dict[str, Centre]) -> None:
        self._rng = rng
        self._population = population
        self._centres = centres
        self._vehicles = VehicleMaker(rng)
        self._leasing = [company for company in population.companies if company.is_leasing]
        self.history = History()

    def run(self) -> History:
        """The whole history; persons who buy nothing stay prospects."""
        rng = self._rng
        for person in self._population.persons:
            fate = rng.random()
            if fate < 0.40:
                self._buy_and_own(person, self._first_day(), self._choose_centre(person))
            elif fate < 0.52:
                self._own_from_before(person)
        for company in self._population.companies:
            if not company.is_leasing:
                for _ in range(company.fleet_size):
                    self._buy_and_own(company, self._first_day(), self._choose_centre(company))
        self._let_every_night_have_news()
        self.history.sales.sort(key=lambda sale: (sale.happened_on, sale.vehicle.number))
        self.history.visits.sort(key=lambda visit: (visit.closed_at, visit.vehicle.number))
        return self.history

    def _let_every_night_have_news(self) -> None:
        """Each centre sells a car and closes two orders on each day before a night, however small the group."""
        for centre in self._centres.values():
            near = [p for p in self._population.persons if p.address.place.dealer_codes[0] == centre.dealer_code]
            near = near or [p for p in self._population.persons if centre.dealer_code in p.address.place.dealer_codes]
            for night in NIGHTS[:-1] if near else ():
                sale = self._sell(self._rng.choice(near), night, centre, ordered_before=1)
                for _ in range(2):
                    visitor, vehicle = self._rng.choice(near), self._vehicles.build(sale.vehicle.model, 2024)
                    driven = round((night - date(2024, 1, 1)).days * vehicle.km_per_day)
                    self._visit(visitor, vehicle, night, driven, centre)

    def _first_day(self) -> date:
        if self._rng.random() < 0.02:
            return NIGHTS[0] + timedelta(days=self._rng.randrange(3))
        return HISTORY_FROM + timedelta(days=self._rng.randrange(_HISTORY_DAYS))

    def _choose_centre(self, customer: Customer) -> Centre:
        codes = customer.address.place.dealer_codes
        return self._centres[codes[0] if self._rng.random() < 0.72 else codes[-1]]

    def _at_work(self, day: date) -> datetime:
        return datetime.combine(day, time(self._rng.randrange(9, 20), self._rng.randrange(60)))

    def _staff(self, dealer_code: str) -> Person:
        return self._rng.choice(self._population.staff[dealer_code])

    def _sell(
        self,
        customer: Customer,
        day: date,
        centre: Centre,
        *,
        trade_in: Vehicle | None = None,
        used: Vehicle | None = None,
        ordered_before: int | None = None,
    ) -> Sale:
        rng = self._rng
        if used is None:
            # The Far East also sells used cars built for Japan, which have frame numbers.
            is_import = centre.dealer_code == "d05" and rng.random() < 0.12
            model = self._vehicles.draw_model(("Toyota",) if is_import else centre.brands)
            year = day.year - (rng.randrange(8, 14) if is_import else 1 if day.month < 3 else 0)
            vehicle = self._vehicles.build(model, year, is_japanese_import=is_import)
            condition = "used" if is_import else "new"
        else:
            vehicle, condition = used, "used"
        price, waits = self._price(vehicle, day), rng.choice((0, 0, 1, 2, 3, 5, 8))
        is_leased = isinstance(customer, Company) and bool(self._leasing) and rng.random() < 0.35
        sale = Sale(
            dealer_code=centre.dealer_code,
            customer=customer,
            vehicle=vehicle,
            contracted_on=day - timedelta(days=waits if ordered_before is None else ordered_before),
            sold_at=self._at_work(day),
            condition=condition,
            price=price,
            discount=rng.choice((0, 0, round(price * rng.uniform(0.01, 0.06) / 100) * 100)),
            salesperson=self._staff(centre.dealer_code),
            trade_in=trade_in,
            payer=rng.choice(self._leasing) if is_leased else None,
        )
        self.history.sales.append(sale)
        self._add_further_documents(sale, centre)
        return sale

    def _price(self, vehicle: Vehicle, day: date) -> int:
        inflation, age = 1 + 0.05 * (day.year - 2024), max(0, day.year - vehicle.model_year)
        return round(vehicle.model.price * inflation * 0.88**age * self._rng.uniform(0.95, 1.08) / 1000) * 1000

    def _add_further_documents(self, sale: Sale, centre: Centre) -> None:
        """Offers before a sale, dealer trades, and cars given back, where the centre's programme tells them apart."""
        feed = centre.feed("dms", "sales")
        if feed is None or "document_type" not in feed.columns:
            return
        rng, kinds = self._rng, set(feed.values["document_type"].values())
        back_on = sale.happened_on + timedelta(days=rng.randrange(2, 14))
        if rng.random() < 0.02 and back_on <= LAST_DAY:
            given_back = replace(sale, document_type="return", original=sale, trade_in=None, payer=None)
            self.history.sales.append(replace(given_back, contracted_on=back_on, sold_at=self._at_work(back_on)))
        offered_on = sale.contracted_on - timedelta(days=rng.randrange(1, 10))
        if "quote" in kinds and rng.random() < 0.06 and offered_on >= HISTORY_FROM:
            offer = replace(sale, document_type="quote", trade_in=None, payer=None, status="open")
            self.history.sales.append(replace(offer, contracted_on=offered_on, sold_at=None))
        if "wholesale" in kinds and self._population.companies and rng.random() < 0.02:
            vehicle = self._vehicles.build(self._vehicles.draw_model(centre.brands), sale.happened_on.year)
            buyer = rng.choice(self._population.companies)
            traded = replace(
                sale, document_type="wholesale", customer=buyer, vehicle=vehicle, trade_in=None, payer=None
            )
            self.history.sales.append(traded)

    def _buy_and_own(
        self, customer: Customer, day: date, centre: Centre, used: Vehicle | None = None, times: int = 1
    ) -> None:
        rng = self._rng
        sale = self._sell(customer, day, centre, used=used)
        until = LAST_DAY
        if isinstance(customer, Person) and times < 3 and rng.random() < 0.3:
            until = day + timedelta(days=rng.randrange(500, 1100))
        self._come_for_service(customer, sale.vehicle, day, min(until, LAST_DAY), centre, km=rng.randrange(5, 60))
        if until < LAST_DAY:
            self._buy_again(customer, sale, until, times)

    def _buy_again(self, customer: Customer, sale: Sale, day: date, times: int) -> None:
        rng = self._rng
        codes = customer.address.place.dealer_codes
        centre = self._centres[sale.dealer_code if rng.random() < 0.65 else rng.choice(codes)]
        is_traded_in = rng.random() < 0.65
        again = self._sell(customer, day, centre, trade_in=sale.vehicle if is_traded_in else None)
        self._come_for_service(customer, again.vehicle, day, LAST_DAY, centre, km=20)
        resold_on = day + timedelta(days=rng.randrange(10, 70))
        if resold_on <= LAST_DAY:
            neighbours = [
                other
                for other in rng.choices(self._population.persons, k=30)
                if other.address.place.dealer_codes == codes and other is not customer
            ]
            if neighbours and is_traded_in:
                self._buy_and_own(neighbours[0], resold_on, centre, used=sale.vehicle, times=times + 1)
            elif neighbours:
                self._sold_outside(sale, neighbours[0], resold_on, centre)

    def _sold_outside(self, sale: Sale, buyer: Person, day: date, centre: Centre) -> None:
        """The owner sold his car himself: no document of the group says so, and somebody else brings it for service."""
        driven = round((day - sale.happened_on).days * sale.vehicle.km_per_day)
        self._come_for_service(buyer, sale.vehicle, day, LAST_DAY, centre, km=driven + 60)

    def _own_from_before(self, person: Person) -> None:
        centre = self._choose_centre(person)
        bought_on = HISTORY_FROM - timedelta(days=self._rng.randrange(30, 1800))
        vehicle = self._vehicles.build(self._vehicles.draw_model(centre.brands), bought_on.year)
        km = round((HISTORY_FROM - bought_on).days * vehicle.km_per_day)
        self._come_for_service(person, vehicle, HISTORY_FROM, LAST_DAY, centre, km=km)

    def _come_for_service(
        self, customer: Customer, vehicle: Vehicle, since: date, until: date, centre: Centre, km: int
    ) -> None:
        rng = self._rng
        day = since + timedelta(days=max(20, round(rng.gauss(200, 80))))
        while day <= until:
            self._visit(customer, vehicle, day, km + round((day - since).days * vehicle.km_per_day), centre)
            if rng.random() < 0.13:
                codes = customer.address.place.dealer_codes
                if rng.random() < 0.6 or len(codes) < 2:
                    return
                centre = self._centres[codes[1] if codes[0] == centre.dealer_code else codes[0]]
            day += timedelta(days=max(12, round(rng.gauss(215, 95))))
        # Some more of those who still come do so in the days of the nights, so that every night has news.
        if until == LAST_DAY and since < NIGHTS[0] and rng.random() < 0.03:
            day = NIGHTS[0] + timedelta(days=rng.randrange(3))
            self._visit(customer, vehicle, day, km + round((day - since).days * vehicle.km_per_day), centre)

    def _visit(self, customer: Customer, vehicle: Vehicle, day: date, km: int, centre: Centre) -> None:
        rng = self._rng
        closed_at = self._at_work(day)
        job = rng.choices([name for name, _ in _JOBS], [weight for _, weight in _JOBS])[0]
        is_repair = job in _REPAIRS
        is_warranty = is_repair and day.year - vehicle.model_year <= 3 and rng.random() < 0.5
        labor = 0 if is_warranty else rng.randrange(15, 140) * 100
        self.history.visits.append(
            Visit(
                dealer_code=centre.dealer_code,
                customer=customer,
                vehicle=vehicle,
                opened_at=closed_at - timedelta(days=rng.choice((0, 0, 0, 1, 3)), minutes=rng.randrange(30, 500)),
                closed_at=closed_at,
                odometer_km=km,
                job_type=job,
                paid_by="warranty" if is_warranty else "customer",
                labor=labor,
                parts=0 if is_warranty else rng.randrange(0, 300) * 100,
                advisor=self._staff(centre.dealer_code),
                complaint=rng.choice(_COMPLAINTS) if is_repair and rng.random() < 0.6 else "",
                driver=self._driver(customer),
            )
        )

    def _driver(self, customer: Customer) -> Person | None:
        if isinstance(customer, Company):
            return customer.contact if self._rng.random() < 0.6 else None
        if self._rng.random() < 0.08:
            family = [p for p in self._population.persons_of(customer.household_id) if p is not customer]
            return self._rng.choice(family) if family else None
        return None
