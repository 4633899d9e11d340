"""The pairs of people that are known to deceive, one by one, on the real models: one run for all, a second for time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from ingestion.raw_tables import ensure_raw_tables
from tests.dbt_in_process import Dbt
from warehouse.bootstrap import bootstrap
from warehouse.database import connect
from warehouse.settings import Workspace

Row = dict[str, str]

TECHNICAL = {
    "_source_file": "f",
    "_source_row": "1",
    "_row_hash": "h",
    "_feed_id": "f",
    "_batch_id": "b",
    "_batch_seq": "1",
    "_delivered_on": "2026-03-05",
    "_loaded_at": "2026-03-05",
}
HOME = {"address": "ул. Садовая, д. 5, кв. 12", "city": "Москва"}
BLOB_PHONE = "+79167770000"
BLOB_SIZE = 20_000


def _phone(number: int) -> str:
    """A mobile phone that is not one slip from another's."""
    return f"+7916{number * 7_654_321 % 10_000_000:07d}"


def _person(full_name: str, **columns: str) -> Row:
    return {"full_name": full_name, **columns}


def _cash_sales(card: str, count: int) -> list[tuple[str, Row]]:
    """Sales to whoever came, on the card that the cash desk uses, each with the number the buyer left."""
    return [
        ("d01", _person("Розничный покупатель", customer_source_id=card, phone=_phone(int(card) + number)))
        for number in range(count)
    ]


def _company_sales(card: str, count: int) -> list[tuple[str, Row]]:
    """What a dealer books on its own company's card, with the numbers of whoever came: all pairs would take minutes."""
    return [
        ("d01", _person("ООО «Панорама-Авто»", customer_source_id=card, phone=_phone(200_000 + number)))
        for number in range(count)
    ]


def _long_chain(length: int) -> list[tuple[str, Row]]:
    """Records each of which has a phone and a mailbox in common with the next, so that the links are beyond doubt."""
    return [
        (
            "d01",
            _person(
                "Мамин-Сибиряк Наум",
                phone=_phone(50_000 + number),
                phone_2=_phone(50_001 + number),
                email=f"naum.{number // 2}@mail.ru",
                **({"tax_id": TAX_IDS[0]} if number == 0 else {"tax_id": TAX_IDS[1]} if number == length - 1 else {}),
            ),
        )
        for number in range(length)
    ]


def _known_by_phone(full_name: str, phone: str, count: int) -> list[tuple[str, Row]]:
    """Records of one person with one phone, each of which says a little more or less."""
    return [("d01", _person(full_name, phone=phone, city=city)) for city in ("Москва", "Химки", "Тула")[:count]]


TAX_IDS = ("770123456703", "502987654365")  # two persons': their check digits are right
CHAIN_LENGTH = 210
EVERYTHING = {"email": "rybakov.nazar@mail.ru", "phone": _phone(36), "vin": "XTAGFK330JY144235", **HOME}

# What a trap is called, and its records: (dealer, columns); a `vin` or the number of a customer's card makes it a sale,
# anything else is a card.
TRAPS: dict[str, list[tuple[str, Row]]] = {
    "father and son with one name and one phone": [
        ("d01", _person("Громов Иван Иванович", birth_date="1961-04-12", phone=_phone(1), **HOME)),
        ("d01", _person("Громов Иван Иванович", birth_date="1990-09-30", phone=_phone(1), **HOME)),
    ],
    "father and son with one phone and no birth date": [
        ("d01", _person("Лосев Пётр Петрович", phone=_phone(2))),
        ("d01", _person("Лосев Пётр Андреевич", phone=_phone(2))),
    ],
    "namesakes of two towns": [
        ("d01", _person("Смирнов Сергей Викторович", phone=_phone(3), city="Москва")),
        ("d02", _person("Смирнов Сергей Викторович", phone=_phone(4), city="Казань")),
    ],
    "namesakes with two birth dates": [
        ("d01", _person("Волков Андрей Павлович", birth_date="1970-05-05", phone=_phone(5))),
        ("d01", _person("Волков Андрей Павлович", birth_date="1984-11-17", phone=_phone(6))),
    ],
    "namesakes with a phone each": [
        *_known_by_phone("Турчанинов Савелий", _phone(43), 3),
        *_known_by_phone("Турчанинов Савелий", _phone(44), 3),
    ],
    "namesakes with an e-mail each": [
        ("d01", _person("Лопатинский Савелий", email="lopata.one@mail.ru")),
        ("d01", _person("Лопатинский Савелий", email="saveli.1970@yandex.ru")),
    ],
    "a relative's phone in one record": [
        *_known_by_phone("Ладыженский Савелий", _phone(45), 3),
        *_known_by_phone("Ладыженский Савелий", _phone(46), 1),
    ],
    "a couple on one phone, and a first name is missing": [
        ("d01", _person("Уваров Пётр", phone=_phone(49))),
        ("d01", _person("Уварова", phone=_phone(49))),
    ],
    "a couple on one phone, and both first names are missing": [
        ("d01", _person("Турбин", phone=_phone(51))),
        ("d01", _person("Турбина", phone=_phone(51))),
    ],
    "a couple on one phone, and a record that tells neither's gender": [
        ("d01", _person("Шевчук Пётр", phone=_phone(61))),
        ("d01", _person("Шевчук", phone=_phone(61), gender="female")),
        ("d01", _person("Шевчук", phone=_phone(61), city="Химки")),
    ],
    "a foreigner's namesake": [
        ("d01", _person("Peter Schneider", phone=_phone(62))),
        ("d01", _person("Peter Schneider", phone=_phone(63))),
    ],
    "a phone with two digits exchanged": [
        ("d01", _person("Чеботарёв Олег", phone="+79161234567")),
        ("d01", _person("Чеботарёв Олег", phone="+79161234576", city="Химки")),
    ],
    "a lessor's tax number and phone at each driver": [
        ("d01", _person(name, tax_id="7736050003", phone=_phone(64)))
        for name in ("Аксёнов Пётр", "Бирюков Олег", "Власов Юрий", "Гусев Иван", "Дроздов Яков", "Ежов Илья")
    ],
    "a lessor whose tax number stands at each driver": [
        *(
            ("d01", _person(name, tax_id="7709990015"))
            for name in ("Азаров Пётр", "Бунин Олег", "Величко Юрий", "Гущин Иван", "Дёмин Яков", "Елисеев Илья")
        ),
        *(
            (dealer, _person("ООО «Лизинг-Полюс»", tax_id="7709990015", city=city))
            for dealer, city in (("d01", "Москва"), ("d02", "Химки"))
        ),
    ],
    "a fleet in five spellings, two of them at two dealers": [
        ("d01", _person("ООО «Трансгруз»", tax_id="5012770035")),
        ("d02", _person("Трансгруз ООО", tax_id="5012770035", city="Химки")),
        ("d01", _person("ГК Трансгруз ООО", tax_id="5012770035")),
        ("d02", _person("ООО ГК «Трансгруз»", tax_id="5012770035", city="Химки")),
        ("d01", _person("ООО «Перевозки Трансгруз»", tax_id="5012770035")),
        ("d01", _person("ООО «Автобаза Трансгруз»", tax_id="5012770035")),
        ("d01", _person("ООО «Филиал Трансгруз»", tax_id="5012770035")),
    ],
    "a couple on one phone, and an initial that may be either's": [
        ("d01", _person("Щеглов", phone=_phone(65))),
        ("d01", _person("Щеглова Анна", phone=_phone(65))),
        ("d01", _person("Щеглов А.", phone=_phone(65))),
    ],
    "one woman without a first name, twice": [
        ("d01", _person("Сафонова", phone=_phone(52))),
        ("d02", _person("Safonova", phone=_phone(52))),
    ],
    "a steward's link of namesakes with a phone each": [
        *_known_by_phone("Шаховской Савелий", _phone(47), 3),
        *_known_by_phone("Шаховской Савелий", _phone(48), 3),
    ],
    "a wife's new surname": [
        ("d01", _person("Зимина Вероника Тарасовна", birth_date="1985-03-14", phone=_phone(7), **HOME)),
        ("d02", _person("Барсукова Вероника Тарасовна", birth_date="1985-03-14", phone=_phone(8), **HOME)),
    ],
    "a sold car": [
        ("d01", _person("Орлов Сергей", phone=_phone(9), vin="XTAGFK330JY144213")),
        ("d01", _person("Белкин Сергей", phone=_phone(10), vin="XTAGFK330JY144213")),
    ],
    "one owner and his car at two centres": [
        ("d01", _person("Дятлов Егор", phone=_phone(11), vin="XTAGFK330JY144224")),
        ("d02", _person("Дятлов Егор", phone=_phone(12), vin="XTAGFK330JY144224")),
    ],
    "twins": [
        ("d01", _person("Соколов Пётр Ильич", birth_date="1995-06-01", phone=_phone(13), **HOME)),
        ("d01", _person("Соколов Павел Ильич", birth_date="1995-06-01", phone=_phone(13), **HOME)),
    ],
    "twins of short names": [
        ("d01", _person("Жукова Анна Ильинична", birth_date="1996-07-02", phone=_phone(14))),
        ("d01", _person("Жукова Жанна Ильинична", birth_date="1996-07-02", phone=_phone(14))),
    ],
    "a shared family e-mail": [
        ("d01", _person("Медведев Олег", email="semya.medvedevy@mail.ru", **HOME)),
        ("d01", _person("Медведева Ольга", email="semya.medvedevy@mail.ru", **HOME)),
    ],
    "a company in a person's field": [
        ("d01", _person("ООО «Ромашка-Транс»", phone=_phone(15), email="lisin@mail.ru")),
        ("d01", _person("Лисин Глеб Львович", phone=_phone(15), email="lisin@mail.ru")),
    ],
    "a fleet's phone": [
        ("d01", _person(name, phone=_phone(16)))
        for name in ("Быков Егор", "Волынский Олег", "Гусев Иван", "Дроздов Пётр", "Ершов Юрий", "Жигалов Лев")
    ],
    "a chain a-b-c-d-e": [
        ("d01", _person("Ягужинский Лука", phone=_phone(21))),
        ("d02", _person("Ягужинский Лука", phone=_phone(21), email="luka.one@mail.ru")),
        ("d01", _person("Ягужинский Лука", phone=_phone(22), email="luka.one@mail.ru")),
        ("d02", _person("Ягужинский Лука", phone=_phone(22), email="luka.two@mail.ru")),
        ("d01", _person("Ягужинский Лука", phone=_phone(23), email="luka.two@mail.ru")),
    ],
    "a test with a customer's number": [
        ("d01", _person("Тест Тестов", phone=_phone(43))),
        ("d01", _person("Уланов Глеб", phone=_phone(43))),
    ],
    "two companies in one office": [
        ("d01", _person("ООО «Меркурий-Сервис»", phone=_phone(41))),
        ("d01", _person("ООО «Василёк»", phone=_phone(41))),
    ],
    "a couple with one passport": [
        ("d01", _person("Рябов Иван Ильич", national_id="4509 723451", **HOME)),
        ("d01", _person("Рябова Ольга Львовна", national_id="4509 723451", **HOME)),
    ],
    "father and son with a suffix each": [
        ("d01", _person("John Kellerman Sr", phone=_phone(42), **HOME)),
        ("d01", _person("John Kellerman Jr", phone=_phone(42), **HOME)),
    ],
    "a steward's split": [
        ("d01", _person("Тетерин Марк Олегович", birth_date="1977-01-09", phone=_phone(24))),
        ("d02", _person("Тетерин Марк Олегович", birth_date="1977-01-09", phone=_phone(24))),
    ],
    "a steward's link of one who is more than the record it names": [
        ("d01", _person("Ветлицкий Фома", phone=_phone(30))),
        ("d02", _person("Ветлицкий Фома", phone=_phone(30), birth_date="1970-01-09")),
        ("d01", _person("Ветлицкий Фома", phone=_phone(31), birth_date="1984-05-20")),
    ],
    "two links of a steward to records that contradict each other": [
        ("d01", _person("Дубровский Влас", phone=_phone(32))),
        ("d01", _person("Дубровский Влас", phone=_phone(33), birth_date="1970-01-09")),
        ("d01", _person("Дубровский Влас", phone=_phone(34), birth_date="1984-05-20")),
    ],
    "a steward's link of two tax numbers": [
        ("d01", _person("Ртищев Егор", tax_id=TAX_IDS[0])),
        ("d01", _person("Ртищев Егор", tax_id=TAX_IDS[1])),
    ],
    "a steward's link of a person and a company": [
        ("d01", _person("ООО «Ягодка-Сервис»", phone=_phone(35))),
        ("d01", _person("Ягодкин Прохор", phone=_phone(35))),
    ],
    "a steward's link against all that speaks for another": [
        ("d01", _person("Рыбаков Назар", **EVERYTHING)),
        ("d02", _person("Рыбаков Назар", birth_date="1970-05-05", **EVERYTHING)),
        ("d01", _person("Рыбаков Назар", birth_date="1991-11-17")),
    ],
    "two calls from a customer's number that a steward told apart": [
        ("d01", _person("Зуев Пётр Саввич", phone=_phone(37))),
        ("d01", {"phone": _phone(37)}),
        ("d02", {"phone": _phone(37)}),
    ],
    "the card of the cash desk": _cash_sales("1000", 300),
    "the card of a busy cash desk": _cash_sales("2000", 1_100),
    "a card of one customer and the numbers he calls from": [
        ("d01", _person("Сумароков Лев", customer_source_id="9000", phone=_phone(9_000))),
        *(("d01", {"customer_source_id": "9000", "phone": _phone(number)}) for number in range(9_001, 9_006)),
    ],
    "the card of a dealer's own company": _company_sales("77000", 10_000),
    "a chain without end whose ends a steward told apart": _long_chain(CHAIN_LENGTH),
}
# What a steward decided: (trap, number, number).
LINKED = [
    ("a steward's link of namesakes with a phone each", 1, 5),
    ("a steward's link of one who is more than the record it names", 0, 2),
    ("two links of a steward to records that contradict each other", 0, 1),
    ("two links of a steward to records that contradict each other", 0, 2),
    ("a steward's link of two tax numbers", 0, 1),
    ("a steward's link of a person and a company", 0, 1),
    ("a steward's link against all that speaks for another", 0, 2),
]
TOLD_APART = [
    ("a steward's split", 0, 1),
    ("a steward's link against all that speaks for another", 1, 2),
    ("two calls from a customer's number that a steward told apart", 1, 2),
    ("a chain without end whose ends a steward told apart", 0, CHAIN_LENGTH - 1),
]
# How many customers each trap is: everybody else is one customer for all records.
APART = {
    "father and son with one name and one phone": 2,
    "father and son with one phone and no birth date": 2,
    "namesakes of two towns": 2,
    "namesakes with two birth dates": 2,
    "namesakes with a phone each": 2,
    "namesakes with an e-mail each": 2,
    "a couple on one phone, and a first name is missing": 2,
    "a couple on one phone, and both first names are missing": 2,
    "a couple on one phone, and a record that tells neither's gender": 2,
    "a foreigner's namesake": 2,
    "a lessor's tax number and phone at each driver": 6,
    "a lessor whose tax number stands at each driver": 7,
    "a fleet in five spellings, two of them at two dealers": 5,
    "a couple on one phone, and an initial that may be either's": 2,
    "a sold car": 2,
    "twins": 2,
    "twins of short names": 2,
    "a shared family e-mail": 2,
    "a company in a person's field": 2,
    "a fleet's phone": 6,
    "a test with a customer's number": 2,
    "two companies in one office": 2,
    "a couple with one passport": 2,
    "father and son with a suffix each": 2,
    "a steward's split": 2,
    "a steward's link against all that speaks for another": 2,
    "two calls from a customer's number that a steward told apart": 3,
    "the card of the cash desk": 300,
    "the card of a busy cash desk": 1_100,
    "a chain without end whose ends a steward told apart": 2,
}


def _insert(connection: psycopg.Connection, table: str, rows: list[Row]) -> None:
    columns = sorted({column for row in rows for column in row})
    with connection.cursor().copy(f"copy raw.{table} ({', '.join((*columns, *TECHNICAL))}) from stdin") as copy:
        for row in rows:
            copy.write_row((*(row.get(column) for column in columns), *TECHNICAL.values()))


def _is_sale(row: Row) -> bool:
    return "vin" in row or "customer_source_id" in row


def _record_key(trap: str, number: int) -> str:
    dealer, row = TRAPS[trap][number]
    entity = "sales" if _is_sale(row) else "customers"
    return f"{dealer}/dms/{entity}/{list(TRAPS).index(trap)}-{number}"


def _blob() -> Iterator[Row]:
    """One phone in 20,000 cards, under so few names that no rule of frequencies sees more than a family in it."""
    surnames = ("Панов", "Панина", "Панько")
    first_names = ("Иван", "Анна", "Олег", "Вера", "Юрий", "Нина")
    for number in range(BLOB_SIZE):
        yield {
            "dealer_code": "d02",
            "source_record_id": f"blob-{number}",
            "source_id": f"blob-{number}",
            "full_name": f"{surnames[number % 3]} {first_names[number // 3 % 6]}",
            "phone": BLOB_PHONE,
        }


def _fill(workspace: Workspace) -> None:
    cards, sales = list(_blob()), list[Row]()
    for trap, records in TRAPS.items():
        for number, (dealer, row) in enumerate(records):
            record_id = _record_key(trap, number).rpartition("/")[2]
            keyed = {"dealer_code": dealer, "source_record_id": record_id, "source_id": record_id, **row}
            (sales if _is_sale(row) else cards).append(keyed | ({"sold_at": "2025-05-05"} if _is_sale(row) else {}))
    with connect(workspace) as connection:
        bootstrap(connection)
        ensure_raw_tables(connection)
        connection.execute(
            "insert into ops.dealers (dealer_code, dealer_name, time_zone, phone_region)"
            " select code, code, 'Europe/Moscow', 'RU' from unnest(array['d01', 'd02']) as codes (code)"
        )
        connection.execute("insert into ops.build_dealers select * from ops.dealers")
        connection.execute("update ops.current_build set as_of_date = '2026-03-05', horizon = 1")
        _insert(connection, "dms__customers", cards)
        _insert(connection, "dms__sales", sales)
        connection.cursor().executemany(
            "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason)"
            " values (%s, %s, %s, 'a steward', 'he said so')",
            [
                (*sorted((_record_key(trap, one), _record_key(trap, other))), decision)
                for decision, pairs in (("link", LINKED), ("no_link", TOLD_APART))
                for trap, one, other in pairs
            ],
        )
        connection.execute(
            "insert into ops.build_decisions select left_record, right_record, decision"
            " from identity.standing_pair_decisions"
        )


def _clusters(workspace: Workspace) -> dict[str, str]:
    with connect(workspace) as connection:
        return dict(connection.execute("select record_key, cluster_id from build.int_customer_ids_assigned").fetchall())


@pytest.fixture
def matched(workspace: Workspace, run_dbt: Dbt) -> dict[str, str]:
    """The cluster of every record, by record key."""
    _fill(workspace)
    run_dbt("seed", "--select", "path:seeds/identity")
    run_dbt("run", "--select", "path:models/staging", "path:models/intermediate/identity")
    return _clusters(workspace)


def test_each_trap_ends_in_the_right_number_of_customers(
    workspace: Workspace, run_dbt: Dbt, matched: dict[str, str]
) -> None:
    found = {
        trap: len({matched[_record_key(trap, number)] for number in range(len(records))})
        for trap, records in TRAPS.items()
    }
    assert found == {trap: APART.get(trap, 1) for trap in TRAPS}
    _every_decision_holds(matched)
    _no_blob_and_told(workspace, matched)
    _families_are_households(workspace)

    # Another model, and every table of matching made anew: the steward's word stands, and so does all that is certain.
    with connect(workspace) as connection:
        connection.execute(
            "insert into identity.match_weights (model_version, attribute, level, m_probability, u_probability)"
            " select 'generous', attribute, level, m_probability, case when m_probability > u_probability"
            " then u_probability / 4 else u_probability end from build.match_weights"
        )
        connection.execute("update ops.current_build set identity_version = 'generous'")
    run_dbt("run", "--full-refresh", "--select", "path:models/intermediate/identity")
    again = _clusters(workspace)
    _every_decision_holds(again)
    assert len({again[_record_key("twins", number)] for number in (0, 1)}) == 2


def _every_decision_holds(clusters: dict[str, str]) -> None:
    for pairs, is_one in ((LINKED, True), (TOLD_APART, False)):
        for trap, one, other in pairs:
            assert (clusters[_record_key(trap, one)] == clusters[_record_key(trap, other)]) is is_one, (
                trap,
                one,
                other,
            )


def _no_blob_and_told(workspace: Workspace, clusters: dict[str, str]) -> None:
    of_blob = Counter(cluster for key, cluster in clusters.items() if "/blob-" in key)
    assert sum(of_blob.values()) == BLOB_SIZE
    assert max(of_blob.values()) == 1, "a phone in common is no person, however few names stand beside it"
    with connect(workspace) as connection:
        barred = connection.execute(
            "select count(*) from build.int_customer_values_barred where value_used = %s", (BLOB_PHONE,)
        ).fetchone()
        told = connection.execute(
            "select max(record_count) from build.int_customer_blocks_sized where is_too_large"
        ).fetchone()
    assert barred == (0,), "no rule caught it"
    assert told == (BLOB_SIZE,)


def _families_are_households(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        households = dict(
            connection.execute(
                "select assigned.record_key, households.household_id from build.int_customer_ids_assigned as assigned"
                " inner join build.int_households as households using (customer_id)"
            ).fetchall()
        )
    for trap in ("twins", "father and son with one name and one phone"):
        assert len({households[_record_key(trap, number)] for number in (0, 1)}) == 1, trap
    strangers = [households[_record_key("a fleet's phone", number)] for number in range(6)]
    assert len(set(strangers)) == 6
