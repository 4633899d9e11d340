"""The rows of the centres' own programmes: customer cards, sales, repair orders and vehicles."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from demo.centres import Centre
from demo.clerk import TEST_CUSTOMER, Clerk, Written
from demo.history import NIGHTS, History, Sale, Visit
from demo.mistakes import Mistakes, vin_in_cyrillic, vin_typo
from demo.people import Company, Customer, Person
from demo.rows import Row, Value, person_values
from demo.vehicles import Vehicle

_SALE_NUMBERS = {
    "d01": "СА-{:06d}",
    "d02": "S-{:05d}",
    "d03": "Д{:05d}",
    "d04": "4{:06d}",
    "d05": "VL{:05d}",
    "d06": "ДКП-{}",
}
_ORDER_NUMBERS = {
    "d01": "ЗН-{:05d}",
    "d02": "W{:05d}",
    "d03": "{:05d}",
    "d04": "RO{:05d}",
    "d05": "СТО-{}",
    "d06": "{}",
}
_COLOURS = ("белый", "чёрный", "серый", "синий", "красный", "зелёный")


@dataclass
class Card:
    """How a centre knows a customer: a numbered card where it keeps a register, else what was typed last."""

    number: str
    customer: Customer
    written: Written
    created_on: date
    consent: str
    advisor: Person


def subject_of(customer: Customer) -> str:
    """Who a person or a company really is, as the truth files name him."""
    return customer.company_id if isinstance(customer, Company) else customer.person_id


class DocumentWriter:
    """Turns the history into the rows that each centre's programme would hold."""

    def __init__(self, rng: random.Random, clerk: Clerk, mistakes: Mistakes, centres: dict[str, Centre]) -> None:
        self._rng = rng
        self._clerk = clerk
        self._mistakes = mistakes
        self._centres = centres
        self._cards: dict[tuple[str, str], list[Card]] = defaultdict(list)
        self._card_counts: dict[str, int] = defaultdict(int)
        self._vehicles: dict[tuple[str, str], tuple[Vehicle, Card, int, date]] = {}
        self.rows: list[Row] = []

    def write(self, history: History) -> list[Row]:
        """All rows of the centres' programmes, documents in the order of their days."""
        counts: dict[tuple[str, int], int] = defaultdict(int)
        for sale in history.sales:
            counts[sale.dealer_code, 0] += 1
            sale.number = _SALE_NUMBERS[sale.dealer_code].format(counts[sale.dealer_code, 0])
        for visit in history.visits:
            counts[visit.dealer_code, visit.closed_at.year] += 1
            visit.number = _ORDER_NUMBERS[visit.dealer_code].format(counts[visit.dealer_code, visit.closed_at.year])
        documents: list[Sale | Visit] = sorted(
            [*history.sales, *history.visits],
            key=lambda document: document.happened_on if isinstance(document, Sale) else document.closed_at.date(),
        )
        for document in documents:
            if isinstance(document, Sale):
                self._write_sale(document)
            else:
                self._write_visit(document)
        self._write_cards()
        self._write_vehicles()
        return self.rows

    def _has_register(self, centre: Centre) -> bool:
        return centre.feed("dms", "customers") is not None

    def _card(self, centre: Centre, customer: Customer, on: date, advisor: Person) -> Card:
        """The card used for a document; now and then a second one is made because nobody looked for the first."""
        cards = self._cards[centre.dealer_code, subject_of(customer)]
        if cards and not self._mistakes.happens("duplicate_card"):
            return cards[-1]
        self._card_counts[centre.dealer_code] += 1
        card = Card(
            number=f"{int(centre.dealer_code[1:])}{self._card_counts[centre.dealer_code]:05d}",
            customer=customer,
            written=self._clerk.write_down(customer, on, centre, "desk", advisor),
            created_on=on,
            consent=self._rng.choices(("granted", "denied", ""), (60, 15, 25))[0],
            advisor=advisor,
        )
        cards.append(card)
        return card

    def _typed_vin(self, vehicle: Vehicle) -> str:
        if vehicle.vin and self._mistakes.happens("vin_cyrillic"):
            return vin_in_cyrillic(vehicle.vin)
        if vehicle.vin and self._mistakes.happens("vin_typo"):
            return vin_typo(self._rng, vehicle.vin)
        return vehicle.number

    def _car_values(self, vehicle: Vehicle) -> dict[str, Value]:
        model = vehicle.model
        name = model.written if self._rng.random() < 0.1 else model.name
        make = "Лада" if model.make == "LADA" and self._rng.random() < 0.3 else model.make
        return {
            "vin": self._typed_vin(vehicle),
            "plate": vehicle.plate,
            "make": make,
            "model": name,
            "make_model": f"{make} {name}",
            "model_year": vehicle.model_year,
        }

    def _write_sale(self, sale: Sale) -> None:
        centre = self._centres[sale.dealer_code]
        card = self._card(centre, sale.customer, sale.contracted_on, sale.salesperson)
        people = {"": subject_of(sale.customer)}
        values: dict[str, Value] = {
            "source_id": sale.number,
            "contracted_at": sale.contracted_on,
            "sold_at": sale.sold_at,
            "document_type": sale.document_type,
            "original_source_id": sale.original.number if sale.original else "",
            "status": sale.status,
            **self._car_values(sale.vehicle),
            "vehicle_condition": sale.condition,
            "price_amount": -sale.price if sale.document_type == "return" else sale.price,
            "discount_amount": sale.discount,
            "cost_amount": round(sale.price * 0.93),
            "currency": "RUB",
            "salesperson": sale.salesperson.last_name,
            "trade_in_vin": sale.trade_in.number if sale.trade_in else "",
            "customer_source_id": card.number,
            "consent_marketing": card.consent,
            **person_values(card.written),
        }
        feed = centre.feed("dms", "sales")
        if sale.payer and feed and "payer_full_name" in feed.columns:
            payer = self._clerk.write_down(sale.payer, sale.contracted_on, centre, "desk", sale.salesperson)
            values |= person_values(payer, "payer_")
            people["payer"] = subject_of(sale.payer)
        row = Row(
            feed_owner=centre.dealer_code,
            dealer_code=centre.dealer_code,
            source="dms",
            entity="sales",
            known_on=sale.happened_on,
            values=values,
            people=people,
            extra={
                "Менеджер": f"{sale.salesperson.last_name} {sale.salesperson.first_name[0]}.",
                "Цвет": self._rng.choice(_COLOURS),
            },
        )
        if sale.sold_at and sale.happened_on >= NIGHTS[0] and sale.contracted_on < sale.happened_on:
            ordered = replace(row, known_on=sale.contracted_on, values=values | {"sold_at": None, "status": "open"})
            self.rows.append(ordered)
        self.rows.append(row)
        self._remember_vehicle(centre, sale.vehicle, card, 0, sale.happened_on)

    def _write_visit(self, visit: Visit) -> None:
        centre = self._centres[visit.dealer_code]
        on = visit.closed_at.date()
        card = self._card(centre, visit.customer, on, visit.advisor)
        people = {"": subject_of(visit.customer)}
        values: dict[str, Value] = {
            "source_id": visit.number,
            "opened_at": visit.opened_at,
            "closed_at": visit.closed_at,
            **self._car_values(visit.vehicle),
            "odometer_km": visit.odometer_km,
            "job_type": visit.job_type,
            "paid_by": visit.paid_by,
            "labor_amount": visit.labor,
            "parts_amount": visit.parts,
            "currency": "RUB",
            "advisor": visit.advisor.last_name,
            "complaint": visit.complaint,
            "customer_source_id": card.number,
            **person_values(card.written),
        }
        feed = centre.feed("dms", "service_orders")
        if visit.driver and feed and "driver_full_name" in feed.columns:
            driver = self._clerk.write_down(visit.driver, on, centre, "phone", visit.advisor)
            values |= person_values(driver, "driver_")
            people["driver"] = subject_of(visit.driver) if driver.can_be_told else ""
        self.rows.append(Row(centre.dealer_code, centre.dealer_code, "dms", "service_orders", on, values, people))
        self._remember_vehicle(centre, visit.vehicle, card, visit.odometer_km, on)

    def _remember_vehicle(self, centre: Centre, vehicle: Vehicle, owner: Card, km: int, on: date) -> None:
        self._vehicles[centre.dealer_code, vehicle.number] = (vehicle, owner, km, on)

    def _write_cards(self) -> None:
        for (dealer_code, subject), cards in self._cards.items():
            centre = self._centres[dealer_code]
            if not self._has_register(centre):
                continue
            for card in cards:
                self._write_card(centre, subject, card)

    def _write_card(self, centre: Centre, subject: str, card: Card) -> None:
        created_at = datetime.combine(card.created_on, time(self._rng.randrange(9, 20), self._rng.randrange(60)))
        values: dict[str, Value] = {
            "source_id": card.number,
            "created_at": created_at,
            "updated_at": created_at,
            "consent_marketing": card.consent,
            **person_values(card.written),
        }
        values["address"] = values["street_address"]
        row = Row(centre.dealer_code, centre.dealer_code, "dms", "customers", card.created_on, values, {"": subject})
        self.rows.append(row)
        if self._mistakes.happens("test_record"):
            tried = values | person_values(TEST_CUSTOMER) | {"source_id": f"{card.number}T", "consent_marketing": ""}
            self.rows.append(replace(row, values=tried, people={"": ""}, unjudged="a test record"))
        if card.created_on < NIGHTS[0] and self._rng.random() < 0.02:
            # The card is corrected in the days of the nights: a new number, and the true e-mail.
            day = NIGHTS[0] + timedelta(days=self._rng.randrange(3))
            written = self._clerk.write_down(card.customer, day, centre, "desk", card.advisor)
            corrected = values | {
                "updated_at": datetime.combine(day, time(12, 30)),
                "phone": written.phone or values["phone"],
                "email": written.email or values["email"],
            }
            self.rows.append(replace(row, known_on=day, values=corrected))

    def _write_vehicles(self) -> None:
        counts: dict[str, int] = defaultdict(int)
        for (dealer_code, _), (vehicle, card, km, on) in self._vehicles.items():
            centre = self._centres[dealer_code]
            if centre.feed("dms", "vehicles") is None:
                continue
            counts[dealer_code] += 1
            values: dict[str, Value] = {
                "source_id": f"{counts[dealer_code]:06d}",
                **self._car_values(vehicle),
                "vin": vehicle.vin,
                "chassis_no": vehicle.chassis_no,
                "odometer_km": km or None,
                "first_registered_on": date(vehicle.model_year, 6, 15),
                "customer_source_id": card.number,
            }
            # Where there is no register of customers, the car's card names nobody.
            people = {"": subject_of(card.customer)} if self._has_register(centre) else {}
            self.rows.append(Row(dealer_code, dealer_code, "dms", "vehicles", on, values, people))
