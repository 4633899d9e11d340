"""The rows of the group's feeds about what people say and allow: surveys and consents; and the market's figures."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from demo.centres import GROUP, Centre
from demo.clerk import Clerk, Written
from demo.history import HISTORY_FROM, LAST_DAY, History, Sale, Visit
from demo.names import read_data
from demo.people import Person, Population
from demo.rows import Row, Value, person_values

_COMMENTS = {
    "good": ("Всё понравилось", "Быстро и вежливо", "Спасибо менеджеру"),
    "bad": ("Долго ждал", "Дорого", "Не перезвонили"),
}
_NPS_WEIGHTS = (2, 1, 1, 2, 2, 5, 5, 10, 17, 20, 35)
_SPENDING = ("Яндекс.Директ", "Авито", "Авто.ру", "VK Реклама", "2ГИС")


class VoiceWriter:
    """Asks customers after sales and visits, and keeps what they consented to."""

    def __init__(self, rng: random.Random, clerk: Clerk, centres: dict[str, Centre], population: Population) -> None:
        self._rng = rng
        self._clerk = clerk
        self._centres = centres
        self._population = population
        self._counts: dict[str, int] = {}
        self.rows: list[Row] = []

    def write(self, history: History) -> list[Row]:
        """The rows of surveys, consents, registrations and channel spend."""
        for sale in history.sales:
            if isinstance(sale.customer, Person) and sale.document_type == "sale" and sale.sold_at:
                if self._rng.random() < 0.35:
                    self._write_response(sale, sale.customer, sale.sold_at, "sale")
                if self._rng.random() < 0.6:
                    self._write_consents(sale.customer, sale.dealer_code, sale.sold_at)
        for visit in history.visits:
            if isinstance(visit.customer, Person) and self._rng.random() < 0.2:
                self._write_response(visit, visit.customer, visit.closed_at, "service")
        self._write_market()
        return self.rows

    def _number(self, kind: str) -> int:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]

    def _group_time(self, local: datetime, dealer_code: str) -> datetime:
        zone = self._centres[dealer_code].zone
        return local.replace(tzinfo=zone).astimezone(self._centres[GROUP].zone).replace(tzinfo=None)

    def _row(
        self,
        source: str,
        entity: str,
        dealer_code: str,
        on: date,
        values: dict[str, Value],
        subject: str,
        written: Written,
    ) -> Row:
        return Row(
            feed_owner=GROUP,
            dealer_code=dealer_code,
            source=source,
            entity=entity,
            known_on=on,
            values=values,
            people={"": subject} if subject else {},
            unjudged="" if written.can_be_told else "nothing but a name, a placeholder or a shared number",
        )

    def _write_response(self, document: Sale | Visit, person: Person, after: datetime, touchpoint: str) -> None:
        rng, code = self._rng, document.dealer_code
        moment = self._group_time(after + timedelta(days=rng.randrange(1, 8), minutes=rng.randrange(600)), code)
        if moment.date() > LAST_DAY:
            return
        is_complete = rng.random() > 0.12
        nps = rng.choices(range(11), _NPS_WEIGHTS)[0]
        advisor = rng.choice(self._population.staff[code])
        is_anonymous = rng.random() < 0.15
        written = (
            Written()
            if is_anonymous
            else self._clerk.write_down(person, moment.date(), self._centres[code], "web", advisor)
        )
        values: dict[str, Value] = {
            "source_id": str(self._number("response")),
            "submitted_at": moment if is_complete else None,
            "dealer_code": code,
            "touchpoint": touchpoint,
            "token": f"t{rng.randrange(16**10):010x}",
            "related_source_id": document.number if rng.random() < 0.8 and not is_anonymous else "",
            "nps": nps if is_complete else None,
            "csat": min(5, max(1, round(nps / 2))) if is_complete else None,
            "comment": rng.choice(_COMMENTS["good" if nps > 6 else "bad"]) if rng.random() < 0.3 else "",
            "questionnaire": f"После {'покупки' if touchpoint == 'sale' else 'сервиса'}",
            "questionnaire_version": "2",
            **person_values(written),
        }
        subject = "" if is_anonymous else person.person_id
        self.rows.append(self._row("surveys", "responses", code, moment.date(), values, subject, written))

    def _write_consents(self, person: Person, dealer_code: str, at: datetime) -> None:
        rng, centre = self._rng, self._centres[dealer_code]
        advisor = rng.choice(self._population.staff[dealer_code])
        status = "granted" if rng.random() < 0.85 else "denied"
        withdrawn_at = at + timedelta(days=rng.randrange(20, 700))
        events = [(at, status)]
        if status == "granted" and rng.random() < 0.12:
            events.append((withdrawn_at, "withdrawn"))
        for local, what in events:
            moment = self._group_time(local, dealer_code)
            if moment.date() > LAST_DAY:
                continue
            written = self._clerk.write_down(person, moment.date(), centre, "desk", advisor)
            values: dict[str, Value] = {
                "source_id": f"С{self._number('consent'):06d}",
                "occurred_at": moment,
                "dealer_code": dealer_code,
                "controller": centre.legal_entity if rng.random() < 0.8 else self._centres[GROUP].legal_entity,
                "purpose": "реклама" if what != "withdrawn" or rng.random() < 0.6 else "",
                "channel": rng.choice(("телефон", "SMS", "e-mail", "")),
                "status": what,
                "text_version": "2025-09" if moment >= datetime(2025, 9, 1) else "2023-01",
                **person_values(written),
            }
            row = self._row("crm", "consents", dealer_code, moment.date(), values, person.person_id, written)
            self.rows.append(row)

    def _write_market(self) -> None:
        for line in read_data("market.csv"):
            values: dict[str, Value] = {"period": line["year"], "brand": line["brand"], "units": int(line["units"])}
            extra = {"source": line["source"]}
            self.rows.append(Row(GROUP, GROUP, "market", "registrations", HISTORY_FROM, values, extra=extra))
        month = HISTORY_FROM
        while month < LAST_DAY.replace(day=1):
            for code in self._centres:
                for channel in _SPENDING if code != GROUP else ():
                    amount = self._rng.randrange(20, 200) * 1000
                    spent: dict[str, Value] = {
                        "period": f"{month:%Y-%m}",
                        "channel": channel,
                        "dealer_code": code,
                        "amount": amount,
                    }
                    self.rows.append(Row(GROUP, code, "market", "channel_spend", month, spent))
            month = (month + timedelta(days=31)).replace(day=1)
