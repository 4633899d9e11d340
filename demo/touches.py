"""The rows of the group's own feeds about people who are wooed: leads, calls, contacts and invitations."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from demo.centres import GROUP, Centre
from demo.clerk import TEST_CUSTOMER, Clerk, Written
from demo.history import HISTORY_FROM, LAST_DAY, NIGHTS, History
from demo.mistakes import Mistakes
from demo.people import Person, Population
from demo.rows import Row, Value, person_values
from demo.vehicles import Model, models

# Channel of a lead with its utm_source, and its share. Nobody knows the origin of 14.5 % (seen in a public B2B funnel).
_CHANNELS = (
    ("Яндекс.Директ", "yandex", 24),
    ("Авито", "avito", 18),
    ("Авто.ру", "autoru", 16),
    ("VK Реклама", "vk", 9),
    ("2ГИС", "2gis", 6),
    ("Сайт", "", 12.5),
    ("", "", 14.5),
)
# Between 15 and 30 % of those who ask on the web ask several dealers (a dealer analysis of 2011).
_SHARE_WOOED_BY_SEVERAL = 0.2
_LEAD_TYPES = (("buy", 55), ("test-drive", 25), ("trade-in", 12), ("call-back", 8))
_STATES = (("новая", 25), ("в работе", 30), ("закрыта", 45))


@dataclass(frozen=True)
class Episode:
    """A person's interest in a model at one centre; `asked_at` is the centre's local time."""

    person: Person
    centre: Centre
    model: Model
    asked_at: datetime
    is_contested: bool


class TouchWriter:
    """Lets buyers and prospects ask, call, come by and be invited, and writes what the group's systems hold of it."""

    def __init__(
        self, rng: random.Random, clerk: Clerk, mistakes: Mistakes, centres: dict[str, Centre], population: Population
    ) -> None:
        self._rng = rng
        self._clerk = clerk
        self._mistakes = mistakes
        self._centres = centres
        self._population = population
        self._counts: dict[str, int] = {}
        self.rows: list[Row] = []

    def write(self, history: History) -> list[Row]:
        """The rows of all leads, calls, contacts and invitations."""
        for episode in sorted(
            self._episodes(history), key=lambda episode: (episode.asked_at, episode.person.person_id)
        ):
            self._write_lead(episode)
            if self._rng.random() < 0.75:
                self._write_contact(episode, "исходящий", "звонок", hours=self._rng.choice((0.2, 1, 3, 20, 50)))
            if self._rng.random() < 0.35:
                self._write_contact(episode, "входящий", "визит в салон", hours=self._rng.randrange(20, 150))
            if episode.is_contested or self._rng.random() < 0.3:
                self._write_invitation(episode)
            if self._rng.random() < 0.3:
                self._write_call(episode.person, episode.centre, episode.asked_at + timedelta(days=2, hours=1))
        for visit in history.visits:
            if isinstance(visit.customer, Person) and self._rng.random() < 0.3:
                before = timedelta(days=self._rng.randrange(1, 6))
                self._write_call(
                    visit.driver or visit.customer, self._centres[visit.dealer_code], visit.opened_at - before
                )
        return self.rows

    def _episodes(self, history: History) -> list[Episode]:
        rng = self._rng
        buyers: set[str] = set()
        found: list[Episode] = []
        for sale in history.sales:
            if isinstance(sale.customer, Person) and sale.document_type == "sale":
                buyers.add(sale.customer.person_id)
                if rng.random() < 0.5:
                    asked = sale.contracted_on - timedelta(days=rng.randrange(2, 25))
                    found += self._ask(sale.customer, self._centres[sale.dealer_code], sale.vehicle.model, asked)
        days = (LAST_DAY - HISTORY_FROM).days
        for person in self._population.persons:
            if person.person_id not in buyers and not person.employer and rng.random() < 0.6:
                centre = self._centres[rng.choice(person.address.place.dealer_codes)]
                asked = HISTORY_FROM + timedelta(days=rng.randrange(days)) if rng.random() < 0.95 else NIGHTS[0]
                for _ in range(rng.choice((1, 1, 1, 2, 3))):
                    if asked <= LAST_DAY:
                        found += self._ask(person, centre, self._draw_model(centre), asked)
                    asked += timedelta(days=rng.randrange(20, 300))
        return found

    def _draw_model(self, centre: Centre) -> Model:
        offered = [model for model in models() if model.make in centre.brands]
        return self._rng.choices(offered, [model.weight for model in offered])[0]

    def _ask(self, person: Person, centre: Centre, model: Model, day: date) -> list[Episode]:
        rng = self._rng
        moment = datetime.combine(day, time(rng.randrange(24), rng.randrange(60), rng.randrange(60)))
        others = [code for code in self._centres if code not in (centre.dealer_code, GROUP)]
        near = [code for code in person.address.place.dealer_codes if code != centre.dealer_code]
        if rng.random() >= _SHARE_WOOED_BY_SEVERAL:
            return [Episode(person, centre, model, moment, is_contested=False)]
        rivals = [self._centres[code] for code in (near if rng.random() < 0.9 else [*near, rng.choice(others)])]
        episodes = [Episode(person, centre, model, moment, is_contested=True)]
        for rival in rivals:
            later = moment + timedelta(days=rng.randrange(10), minutes=rng.randrange(600))
            wanted = model if model.make in rival.brands else self._draw_model(rival)
            if later.date() <= LAST_DAY and rival is not centre:
                episodes.append(Episode(person, rival, wanted, later, is_contested=True))
        return episodes

    def _number(self, kind: str) -> int:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]

    def _write_lead(self, episode: Episode) -> None:
        rng, centre = self._rng, episode.centre
        advisor = rng.choice(self._population.staff[centre.dealer_code])
        written = self._clerk.write_down(episode.person, episode.asked_at.date(), centre, "web", advisor)
        channel, utm_source, _ = rng.choices(_CHANNELS, [share for _, _, share in _CHANNELS])[0]
        people = {"": episode.person.person_id}
        values: dict[str, Value] = {
            "created_at": episode.asked_at.replace(tzinfo=centre.zone),
            "dealer_code": centre.dealer_code,
            "lead_type": rng.choices([name for name, _ in _LEAD_TYPES], [weight for _, weight in _LEAD_TYPES])[0],
            "channel": channel,
            "utm_source": utm_source,
            "utm_medium": "cpc" if utm_source else "",
            "utm_campaign": f"{episode.model.make.lower()}_{episode.asked_at:%Y%m}" if utm_source else "",
            "make": episode.model.make if rng.random() < 0.95 else "",
            "model": episode.model.name,
            "status": rng.choices([name for name, _ in _STATES], [weight for _, weight in _STATES])[0],
            "consent_text_id": "2025-09" if episode.asked_at >= datetime(2025, 9, 1) else "2023-01",
            **person_values(written),
        }
        has_own_site = any(feed.file_format["type"] == "adf" for feed in centre.feeds) and rng.random() < 0.5
        if rng.random() < 0.06 and not has_own_site:  # ADF has no place for who recommended us
            friend = rng.choice(self._population.persons)
            if friend is not episode.person:
                told = self._clerk.write_down(friend, episode.asked_at.date(), centre, "phone", advisor)
                values |= {"referrer_name": told.full_name, "referrer_phone": told.phone}
                people["referrer"] = friend.person_id if told.can_be_told else ""
        row = self._row("web", "leads", values, people, written, owner=centre if has_own_site else None)
        self._add_lead(row)
        if rng.random() < 0.03:
            again = episode.asked_at.replace(tzinfo=centre.zone) + timedelta(seconds=rng.randrange(2, 500))
            self._add_lead(replace(row, values=values | {"created_at": again, "status": "новая"}))
        if self._mistakes.happens("test_record"):
            tried = values | person_values(TEST_CUSTOMER) | {"comments": "проверка формы", "referrer_name": ""}
            self._add_lead(replace(row, values=tried, people={"": ""}, unjudged="a test record"))

    def _add_lead(self, row: Row) -> None:
        number = self._number(f"lead {row.feed_owner}")
        source_id = f"{row.feed_owner}-{number:05d}" if row.medium else f"R{number:06d}"
        self.rows.append(replace(row, values=row.values | {"source_id": source_id}))

    def _write_contact(self, episode: Episode, direction: str, channel: str, hours: float) -> None:
        rng, centre = self._rng, episode.centre
        at = _in_working_hours(episode.asked_at + timedelta(hours=hours))
        if at.date() > LAST_DAY:
            return
        advisor = rng.choice(self._population.staff[centre.dealer_code])
        written = self._clerk.write_down(episode.person, at.date(), centre, "phone", advisor)
        values: dict[str, Value] = {
            "source_id": f"K{self._number('contact'):06d}",
            "occurred_at": at.replace(tzinfo=centre.zone),
            "dealer_code": centre.dealer_code,
            "direction": direction,
            "channel": channel,
            "topic": f"{episode.model.make} {episode.model.name}",
            "outcome": rng.choice(
                ("дозвонились", "перезвонить", "нет ответа") if channel == "звонок" else ("консультация",)
            ),
            "employee": advisor.last_name,
            **person_values(written),
        }
        self.rows.append(self._row("crm", "contact_events", values, {"": episode.person.person_id}, written))

    def _write_invitation(self, episode: Episode) -> None:
        rng, centre = self._rng, episode.centre
        at = _in_working_hours(episode.asked_at + timedelta(days=rng.randrange(3), hours=2))
        if at.date() > LAST_DAY:
            return
        advisor = rng.choice(self._population.staff[centre.dealer_code])
        written = self._clerk.write_down(episode.person, at.date(), centre, "web", advisor)
        values: dict[str, Value] = {
            "source_id": f"П-{self._number('invitation'):05d}",
            "sent_at": at.replace(tzinfo=centre.zone).astimezone(self._centres[GROUP].zone).replace(tzinfo=None),
            "dealer_code": centre.dealer_code,
            "invitation_type": "тест-драйв" if episode.is_contested or rng.random() < 0.8 else "клиентский день",
            "make": episode.model.make,
            "model": episode.model.name,
            "event_date": at.date() + timedelta(days=rng.randrange(2, 10)),
            "channel": rng.choice(("SMS", "e-mail", "звонок", "WhatsApp")),
            **person_values(written),
        }
        self.rows.append(self._row("crm", "invitations", values, {"": episode.person.person_id}, written))

    def _write_call(self, person: Person, centre: Centre, at: datetime) -> None:
        rng = self._rng
        local = _in_working_hours(at)
        if not HISTORY_FROM <= local.date() <= LAST_DAY:
            return
        advisor = rng.choice(self._population.staff[centre.dealer_code])
        written = self._clerk.write_down(person, local.date(), centre, "phone", advisor)
        family = [other for other in self._population.persons_of(person.household_id) if other is not person]
        is_borrowed = bool(family) and rng.random() < 0.05
        number = rng.choice(family).mobile if is_borrowed else person.mobile
        if not is_borrowed and person.phone_changed_on and local.date() < person.phone_changed_on:
            number = person.old_mobile
        # The exchange sees the true number; the name is asked for in less than half of the calls.
        named = written if rng.random() < 0.45 else Written()
        written = replace(named, phone=number, phone_of="household" if is_borrowed else "own")
        own_exchange = centre.feed("telephony", "calls") is not None
        zone = centre.zone if own_exchange else self._centres[GROUP].zone
        values: dict[str, Value] = {
            "source_id": f"{centre.dealer_code}-{self._number('call'):07d}",
            "started_at": local.replace(tzinfo=centre.zone).astimezone(zone).replace(tzinfo=None),
            "dealer_code": centre.dealer_code,
            "direction": "in",
            "caller_number": number[1:],
            "dealer_number": centre.own_phones[0][1:],
            "duration_s": rng.choice((0, rng.randrange(20, 600))),
            "outcome": rng.choice(("успешный", "успешный", "пропущенный")),
            "employee": advisor.last_name,
            "channel": rng.choices([name for name, _, _ in _CHANNELS], [share for _, _, share in _CHANNELS])[0],
            "full_name": written.full_name,
        }
        owner = centre if own_exchange else None
        self.rows.append(self._row("telephony", "calls", values, {"": person.person_id}, written, owner=owner))

    def _row(
        self,
        source: str,
        entity: str,
        values: dict[str, Value],
        people: dict[str, str],
        written: Written,
        owner: Centre | None = None,
    ) -> Row:
        moment = next(value for value in values.values() if isinstance(value, datetime))
        zone = (owner or self._centres[GROUP]).zone
        return Row(
            feed_owner=owner.dealer_code if owner else GROUP,
            dealer_code=str(values["dealer_code"]),
            source=source,
            entity=entity,
            known_on=(moment.astimezone(zone) if moment.tzinfo else moment).date(),
            values=values,
            people=people,
            unjudged="" if written.can_be_told else "nothing but a name, a placeholder or a shared number",
            medium="adf" if owner and entity == "leads" else "",
        )


def _in_working_hours(moment: datetime) -> datetime:
    return moment.replace(hour=9 + moment.hour % 11)
