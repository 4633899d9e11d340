"""What becomes of the cells of a person, from the tables of cases in tests/fixtures/standardisation.

All cases are rows of one customer register, and are standardised by the models themselves in a single run. On the night
that follows cells are exchanged at random between the cases; it ends where a run ends that begins anew.
"""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbt.contracts.graph.manifest import Manifest
from psycopg.rows import dict_row

from ingestion.raw_tables import ensure_raw_tables
from tests.dbt_in_process import Dbt
from tests.throwaway_databases import throwaway_database
from warehouse.run_dbt import dbt_environment
from warehouse.settings import PROJECT_ROOT, Workspace

CASES = PROJECT_ROOT / "tests/fixtures/standardisation"

FIRST_NIGHT = 1
STANDARDISING = (
    *("run", "--select", "int_customer_mentions_received+,+int_customer_records_standardized"),
    *("int_dealer_phone_cells", "int_employee_names_collected"),
)
STANDARDISED = (
    "int_customer_mentions_collected",
    "int_customer_record_signatures",
    "int_customer_records_unioned",
    "int_customer_vehicles_held",
    "int_customer_record_vehicles",
    "int_dealer_surnames_counted",
    "int_customer_records_cleaned",
    "int_customer_record_phones",
    "int_customer_values_used",
    "int_customer_values_crowded",
    "int_customer_values_barred",
    "int_customer_phones_gathered",
    "int_customer_records_standardized",
)

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
Found = dict[str, list[str]]


def _cases(table: str) -> list[dict[str, str]]:
    with (CASES / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


NAMES = _cases("names")
SPELLINGS = _cases("spellings")
RUSSIAN_PHONES = _cases("phones_ru")
PHONES = _cases("phones_other")
EMAILS = _cases("emails")
PARTIES = _cases("parties")
DETAILS = _cases("details")
VINS = _cases("vins")


def _registered() -> Iterator[dict[str, str]]:
    """A row of the customer register for each case."""
    for number, case in enumerate(NAMES):
        parts = ("full_name", "last_name", "first_name", "middle_name")
        yield {"dealer_code": "ru", "source_id": f"name {number}"} | {part: case[part] for part in parts}
    for number, case in enumerate(SPELLINGS):
        for side in ("one", "other"):
            yield {"dealer_code": "ru", "source_id": f"{side} spelling {number}", "full_name": case[side]}
    for number, case in enumerate(RUSSIAN_PHONES):
        yield {"dealer_code": "ru", "source_id": f"Russian phone {number}", "last_name": "ё", "phone": case["raw"]}
    for number, case in enumerate(PHONES):
        dealer_code = case["phone_region"].lower()
        yield {"dealer_code": dealer_code, "source_id": f"phone {number}", "last_name": "ё", "phone": case["raw"]}
    for number, case in enumerate(EMAILS):
        yield {"dealer_code": "us", "source_id": f"email {number}", "last_name": "ё", "email": case["raw"]}
    for number, case in enumerate(PARTIES):
        columns = ("dealer_code", "full_name", "last_name", "company_name", "tax_id", "country")
        yield {"source_id": f"party {number}"} | {column: case[column] for column in columns}
    for number, case in enumerate(DETAILS):
        row = {"dealer_code": "ru", "source_id": f"detail {number}", "last_name": "Ёлкин", case["column"]: case["raw"]}
        yield row
    yield {"dealer_code": "ru", "source_id": "born tomorrow", "last_name": "Ёлкин", "birth_date": "2026-03-06"}


def _vehicles() -> Iterator[dict[str, str]]:
    """A row of the vehicle register for each VIN; its owner makes it a customer's."""
    for number, case in enumerate(VINS):
        yield {"dealer_code": "ru", "source_id": f"vin {number}", "vin": case["raw"], "last_name": "Ёлкин"}


def _add_to_raw(
    connection: Connection, table: str, rows: list[dict[str, str]], night: int, *, delivered_on: str = ""
) -> None:
    columns = sorted({column for row in rows for column in row})
    delivered_on = delivered_on or f"2026-03-{4 + night:02}"
    with connection.cursor().copy(
        f"copy raw.{table} ({', '.join(columns)}, source_record_id, _source_file, _source_row, _row_hash,"
        " _feed_id, _batch_id, _batch_seq, _delivered_on, _loaded_at) from stdin"
    ) as copy:
        for number, row in enumerate(rows, start=2):
            technical = (row["source_id"], "f", number, "h", "f", "b", night, delivered_on, delivered_on)
            copy.write_row([*(row.get(column) or None for column in columns), *technical])


def _see(connection: Connection, night: int) -> None:
    """Let the next run see what had arrived by that night."""
    connection.execute(
        "update ops.current_build set horizon = %s, as_of_date = date '2026-03-04' + cast(%s as integer)",
        [night, night],
    )


@pytest.fixture(scope="module")
def database_url(server_url: str, _template_database: str) -> Iterator[str]:
    """URL of the warehouse that the cases stand in."""
    with throwaway_database(server_url, f"template {_template_database}") as url:
        yield url


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to a warehouse with the register of all cases in raw."""
    with psycopg.connect(database_url) as made:
        ensure_raw_tables(made)
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        connection.execute(
            "insert into ops.build_dealers (dealer_code, dealer_name, time_zone, phone_region)"
            " select lower(region), region, 'Europe/Moscow', region from unnest(%s::text[]) as regions (region)",
            [["RU", "US", "DE", "GB", "TR", "KZ", "BY", "FR", "IT", "ES", "PL", "CN", "AE", "UA"]],
        )
        _add_to_raw(connection, "dms__customers", list(_registered()), FIRST_NIGHT)
        _add_to_raw(connection, "dms__vehicles", list(_vehicles()), FIRST_NIGHT)
        _see(connection, FIRST_NIGHT)
        yield connection


@pytest.fixture(scope="module")
def run_dbt(
    database_url: str,
    connection: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    dbt_project: Manifest,
    dbt_templates: Path,
) -> Dbt:
    """Runs models of this project; the first night has been standardised."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", database_url)
        environment = dbt_environment(Workspace(tmp_path_factory.mktemp("standardisation")))
    run = Dbt(environment, dbt_templates, dbt_project)
    run("seed", "--select", "path:seeds/identity")
    run("run", "--select", "+int_customer_records_standardized", "--exclude", "resource_type:seed")
    return run


@pytest.fixture(scope="module")
def first_night(connection: Connection, run_dbt: Dbt) -> Found:
    """What the first night left."""
    return _found(connection)


@pytest.fixture(scope="module")
def records(connection: Connection, first_night: Found) -> dict[str, Row]:
    """Each case's standardised record, by the number of the case."""
    rows = connection.execute(
        "select signatures.source_record_id as number, records.*"
        " from build.int_customer_record_signatures as signatures"
        " inner join build.int_customer_records_standardized as records using (signature_id)"
    )
    return {row["number"]: row for row in rows}


@pytest.mark.parametrize("number", range(len(NAMES)), ids=[case["case"] for case in NAMES])
def test_a_name_is_parsed(records: dict[str, Row], number: int) -> None:
    case = NAMES[number]
    record = records.get(f"name {number}", {})
    found = {part: record.get(f"{part}_name") or "" for part in ("last", "first", "middle")}
    assert found == {part: case[f"expected_{part}"] for part in found}
    if case["expected_gender"]:
        assert record["gender"] == case["expected_gender"]


@pytest.mark.parametrize("number", range(len(SPELLINGS)), ids=[case["case"] for case in SPELLINGS])
def test_two_spellings_have_one_key(records: dict[str, Row], number: int) -> None:
    found = [
        [records[f"{side} spelling {number}"][f"{part}_name_key"] for part in ("last", "first", "middle")]
        for side in ("one", "other")
    ]
    assert (found[0] == found[1]) == (SPELLINGS[number]["is_one_key"] == "1"), found


@pytest.fixture(scope="module")
def phones(connection: Connection, first_night: Found) -> dict[str, list[Row]]:
    """The numbers of each case's phone cell, with what the rest of the chain makes of them."""
    rows = connection.execute(
        "select signatures.source_record_id as number, phones.*, standardized.extension, standardized.is_toll_free"
        " from build.int_customer_record_signatures as signatures"
        " inner join build.int_customer_phone_cells as cells using (record_id)"
        " inner join build.int_customer_phones_standardized as standardized using (phone_cell, phone_region)"
        " inner join build.int_customer_record_phones as phones using (record_id, phone_e164)"
        " order by 1, is_mobile desc, phones.phone_e164"
    ).fetchall()
    return {number: list(group) for number, group in groupby(rows, lambda row: row["number"])}


def _in_words(numbers: list[Row]) -> set[str]:
    """As the tables write them: +74951234567 ext 123."""
    return {row["phone_e164"] + (f" ext {row['extension']}" if row["extension"] else "") for row in numbers}


@pytest.mark.parametrize("number", range(len(RUSSIAN_PHONES)), ids=[case["rule"] for case in RUSSIAN_PHONES])
def test_a_russian_phone_cell_is_read(phones: dict[str, list[Row]], number: int) -> None:
    case = RUSSIAN_PHONES[number]
    found = phones.get(f"Russian phone {number}", [])
    assert _in_words(found) == set(filter(None, case["expected_e164"].split("|")))
    assert any(row["is_personal"] for row in found) == (case["usable_as_match_key"] == "1")


@pytest.mark.parametrize("number", range(len(PHONES)), ids=[case["case"] for case in PHONES])
def test_a_phone_cell_is_read_by_the_plan_of_its_country(phones: dict[str, list[Row]], number: int) -> None:
    found = _in_words(phones.get(f"phone {number}", []))
    assert found == set(filter(None, PHONES[number]["expected"].split("|")))


@pytest.mark.parametrize("number", range(len(EMAILS)), ids=[case["case"] for case in EMAILS])
def test_an_email_is_told_by_its_mailbox(records: dict[str, Row], number: int) -> None:
    case, record = EMAILS[number], records[f"email {number}"]
    assert (record["email"] or "", record["email_near_key"] or "") == (case["expected"], case["expected_near"])
    assert (record["is_role_email"], record["is_test"]) == (case["is_role"] == "1", case["is_test"] == "1")


@pytest.mark.parametrize("number", range(len(PARTIES)), ids=[case["case"] for case in PARTIES])
def test_companies_are_told_from_people(records: dict[str, Row], number: int) -> None:
    case, record = PARTIES[number], records[f"party {number}"]
    expected = {"customer_type": case["customer_type"]} | {
        "company_key": case["company_key"] or None,
        "tax_id": case["expected_tax_id"] or None,
    }
    found = {column: record[column] for column in expected}
    assert found == expected


def test_a_persons_name_is_read_for_want_of_another_in_the_companys_column(records: dict[str, Row]) -> None:
    [number] = [number for number, case in enumerate(PARTIES) if case["case"] == "a person in the company's column"]
    record = records[f"party {number}"]
    assert (record["last_name"], record["first_name"], record["company_name"]) == ("Лютиков", "Иван", None)


@pytest.mark.parametrize("number", range(len(DETAILS)), ids=[case["case"] for case in DETAILS])
def test_a_placeholder_is_no_value(records: dict[str, Row], number: int) -> None:
    case = DETAILS[number]
    found = records[f"detail {number}"][case["standardized_as"]]
    assert str(found or "") == case["expected"]


@pytest.fixture(scope="module")
def vins(connection: Connection, first_night: Found) -> dict[str, Row]:
    """What became of each VIN cell."""
    rows = connection.execute("select * from build.int_customer_vins_standardized")
    return {row["vin_cell"]: row for row in rows}


# What the table's classes say of the check digit and of repairs.
TOLD_OF_VINS: dict[str, dict[str, str | None]] = {
    "valid_check_digit": {"check_digit": "right"},
    "suspect_na_check_digit": {"check_digit": "wrong"},
    "valid_no_check_digit": {"check_digit": "not asked", "repairs": None},
    "normalise_case": {"repairs": None},
    "normalise_cyrillic": {"repairs": "Cyrillic letters read as Latin"},
    "repair_O_to_0": {"repairs": "O read as 0"},
    "repair_I_to_1": {"repairs": "I read as 1"},
    "repair_Q_to_0": {"repairs": "Q read as 0"},
    "chassis_number": {"chassis_no": "NZE121-3012345"},
}


@pytest.mark.parametrize("number", range(len(VINS)), ids=[case["raw"] for case in VINS])
def test_a_vin_is_repaired(vins: dict[str, Row], number: int) -> None:
    case = VINS[number]
    told = TOLD_OF_VINS.get(case["class"], {})
    expected = {"vin": case["expected_vin"] or None, **told}
    found = {column: vins[case["raw"]][column] for column in expected}
    assert found == expected


def _found(connection: Connection) -> Found:
    """Every row of what standardising leaves, as text."""
    return {
        table: sorted(
            row["row"] for row in connection.execute(f"select cast(t as text) as row from build.{table} as t")
        )
        for table in STANDARDISED
    }


def _is_going_on(connection: Connection) -> bool:
    """Whether the last run went on from the one before."""
    [state] = connection.execute("select is_going_on from build.int_customer_standardising_state").fetchall()
    return bool(state["is_going_on"])


def _read(connection: Connection) -> int:
    """How many records the last run standardised."""
    [row] = connection.execute("select count(*) as number from build.int_customer_records_read").fetchall()
    return int(row["number"])


def _exchanged(dice: random.Random, rows: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    """Rows that say today what another says in one column, and as many new ones."""
    found = []
    for row in dice.sample(rows, count):
        other = dice.choice(rows)
        column = dice.choice([column for column in other if column not in ("source_id", "dealer_code")])
        found.append({**row, column: other[column]})
        found.append({**other, "source_id": f"new {row['source_id']}", "birth_date": dice.choice(BIRTH_DATES)})
    return found


# The sixth of March is in the future on the first night and has come on the second.
BIRTH_DATES = ("1980-05-05", "1915-11-05", "2026-03-06", "2062-01-01")
CROWD_PHONE = "8 916 123-99-55"


def _tell_apart(connection: Connection, *pairs: tuple[str, str]) -> None:
    """These decisions of stewards stand, and no others."""
    connection.execute("delete from ops.build_decisions")
    connection.cursor().executemany(
        "insert into ops.build_decisions values (%s, %s, 'no_link')",
        [tuple(sorted(f"ru/{record}" for record in pair)) for pair in pairs],
    )


def _second_night(connection: Connection, dice: random.Random) -> list[dict[str, str]]:
    """What is delivered, and what stewards decide; gives the rows that came with everybody's phone, as they were."""
    rows = list(_registered())
    # Today a phone becomes everybody's, another turns out to be a dealer's own, a customer a salesman, and a car a
    # company's; what was said yesterday is said once more.
    sharers = dice.sample([row for row in rows if row["source_id"].startswith("name")], 15)
    own = dice.choice([row for row in rows if row["source_id"].startswith("Russian phone")])
    call = {"source_id": "1", "dealer_code": "ru", "dealer_number": own["phone"]}
    _add_to_raw(connection, "dms__customers", _exchanged(dice, rows, 25), 2)
    _add_to_raw(connection, "dms__customers", [{**row, "phone": CROWD_PHONE} for row in sharers], 2)
    _add_to_raw(connection, "telephony__calls", [call], 2)
    _add_to_raw(connection, "dms__sales", [{"source_id": "1", "dealer_code": "ru", "salesperson": "Абрамович Анна"}], 2)
    car = next(row for row, case in zip(_vehicles(), VINS, strict=True) if case["class"] == "valid_check_digit")
    _add_to_raw(
        connection, "dms__vehicles", [{**car, "source_id": "2", "last_name": "", "company_name": "ООО Ромашка"}], 2
    )
    again = [{**row, "source_id": f"again {row['source_id']}", "customer_source_id": row["source_id"]} for row in rows]
    _add_to_raw(connection, "dms__customers", dice.sample(again, 5), 2)
    # A file comes late, a record is there no longer, one row names four persons, and others a card alone.
    late = [{**row, "last_name": "Поздний"} for row in dice.sample(rows, 3)]
    _add_to_raw(connection, "dms__customers", late, 2, delivered_on="2026-03-01")
    _add_to_raw(connection, "dms__customers", [{**row, "_is_absent": "true"} for row in dice.sample(rows, 3)], 2)
    _add_to_raw(connection, "dms__customers", CARD_OWNERS[:2], 2)
    _add_to_raw(connection, "dms__service_orders", ORDERS, 2)
    _add_to_raw(connection, "web__leads", [{"source_id": "l", "dealer_code": "ru", "referrer_name": "Друг Иван"}], 2)
    _tell_apart(
        connection, ("dms/customers/name 1", "dms/customers/name 2"), ("dms/service_orders/o1", "dms/customers/c1")
    )
    return sharers


def _third_night(connection: Connection, sharers: list[dict[str, str]]) -> None:
    """Two files of one day, after which much is as it was on the first night."""
    _add_to_raw(connection, "dms__customers", sharers, 3)
    _add_to_raw(connection, "dms__customers", [{**CARD_OWNERS[0], "first_name": "Ия"}, CARD_OWNERS[2]], 3)
    _add_to_raw(connection, "dms__customers", [{**CARD_OWNERS[0], "first_name": "Ян"}], 4, delivered_on="2026-03-07")
    _add_to_raw(connection, "dms__service_orders", [{**ORDERS[0], "driver_full_name": ""}], 4)
    _add_to_raw(connection, "dms__sales", [{"source_id": "1", "dealer_code": "ru", "salesperson": "Ёлкин Пётр"}], 4)
    _add_to_raw(connection, "dms__vehicles", [{"source_id": "2", "dealer_code": "ru", "last_name": "Ёлкин"}], 4)
    _tell_apart(connection, *TOLD_APART_AT_LAST)


TOLD_APART_AT_LAST = (("dms/customers/name 2", "dms/customers/name 3"),)
# The second card is the register's own on the third night, and a workshop's before.
CARD_OWNERS = [
    {"dealer_code": "ru", "source_id": "c1", "last_name": "Картин", "first_name": "Олег", "phone": "89161112233"},
    {"dealer_code": "ru", "source_id": "c2", "last_name": "Картин", "first_name": "Пётр", "email": "p@kartin.ru"},
    {"dealer_code": "ru", "source_id": "c3", "last_name": "Картина", "first_name": "Анна", "birth_date": "1980-05-05"},
]
ORDERS = [
    {
        "dealer_code": "ru",
        "source_id": "o1",
        "customer_source_id": "c1",
        "vin": "XTA210990Y2765432",
        "payer_company_name": "ООО Лютик",
        "driver_full_name": "Водителев Иван",
    },
    {"dealer_code": "ru", "source_id": "o2", "customer_source_id": "c1"},
    {"dealer_code": "ru", "source_id": "o3", "customer_source_id": "c3"},
    {
        "dealer_code": "ru",
        "source_id": "o4",
        "customer_source_id": "c3",
        "last_name": "Картина",
        "phone": "89161112234",
    },
]


def test_nights_that_go_on_end_where_a_run_ends_that_begins_anew_and_so_does_one_that_goes_back(
    connection: Connection,
    run_dbt: Dbt,
    first_night: Found,
    records: dict[str, Row],
    phones: dict[str, list[Row]],
    vins: dict[str, Row],
) -> None:
    dice = random.Random(int(os.environ.get("DEALER360_SEED", "20261122")))
    sharers = _second_night(connection, dice)
    _see(connection, 2)
    run_dbt(*STANDARDISING)
    assert _is_going_on(connection)
    assert 50 < _read(connection) < len(first_night["int_customer_records_cleaned"]) / 3
    second_night = _found(connection)
    _third_night(connection, sharers)
    _see(connection, 4)
    run_dbt(*STANDARDISING)
    assert _is_going_on(connection)
    assert 0 < _read(connection) < 50
    third_night = _found(connection)
    # These builds were refused, and what was delivered and decided is taken back.
    _tell_apart(connection)
    _see(connection, FIRST_NIGHT)
    run_dbt(*STANDARDISING)
    assert _is_going_on(connection)
    assert _found(connection) == first_night
    _tell_apart(connection, *TOLD_APART_AT_LAST)
    _see(connection, 4)
    run_dbt(*STANDARDISING, "--full-refresh")
    assert not _is_going_on(connection)
    anew = _found(connection)
    for table in STANDARDISED:
        assert third_night[table] == anew[table], table
        assert first_night[table] != second_night[table], table
        assert second_night[table] != anew[table], table


def test_nothing_is_kept_of_who_is_erased(connection: Connection, run_dbt: Dbt, first_night: Found) -> None:
    kept = (
        *("int_customer_records_unioned", "int_customer_records_cleaned", "int_customer_record_phones"),
        *("int_customer_values_used", "int_customer_phones_gathered", "int_customer_records_standardized"),
    )
    held = [row["record_id"] for row in connection.execute("select record_id from build.int_customer_record_phones")]
    erased = sorted(set(held))[:5]
    assert len(erased) == 5
    connection.execute(
        "delete from raw.dms__customers as customers"
        " using build.int_customer_record_signatures as signatures, build.int_customer_records_unioned as records"
        " where customers.source_record_id = signatures.source_record_id"
        " and customers.dealer_code = signatures.dealer_code"
        " and signatures.signature_id = records.signature_id and records.record_id = any(%s)",
        [erased],
    )
    run_dbt(*STANDARDISING)
    # Raw tells by no batch what it lost.
    assert not _is_going_on(connection)
    for table in kept:
        left = connection.execute(f"select 1 from build.{table} where record_id = any(%s)", [erased]).fetchall()
        assert left == [], table


def _told(run_dbt: Dbt, expression: str) -> str:
    """What an expression of dbt gives now, as text."""
    [told] = run_dbt("compile", "--inline", f"{{{{ {expression} }}}}").results
    return str(told.node.compiled_code)


def _can_go_on(run_dbt: Dbt) -> bool:
    """Whether a run that began now would go on from the last one."""
    return _told(run_dbt, "standardising_can_go_on()") == "True"


def test_a_run_goes_on_unless_raw_lost_what_was_read_or_would_not_tell_or_received_too_much(
    connection: Connection, run_dbt: Dbt, first_night: Found
) -> None:
    assert _can_go_on(run_dbt)
    [seen] = connection.execute("select horizon from ops.current_build").fetchall()
    many = [{"dealer_code": "ru", "source_id": f"lead {number}"} for number in range(len(NAMES + PHONES + DETAILS))]
    _add_to_raw(connection, "web__leads", many, 9)
    assert _can_go_on(run_dbt)
    connection.execute("update ops.current_build set horizon = 9")
    assert not _can_go_on(run_dbt)
    connection.execute("delete from raw.web__leads where _batch_seq = 9")
    assert _can_go_on(run_dbt), "no run has seen what was deleted"
    connection.execute("update ops.current_build set horizon = %s", [seen["horizon"]])
    [state] = connection.execute("select rows_lost from build.int_customer_standardising_state").fetchall()
    connection.execute("update raw.dms__vehicles set last_name = last_name")
    assert not _can_go_on(run_dbt)
    seen_anew = connection.execute(f"select {_told(run_dbt, 'raw_seen(true)[2] if execute')}").fetchall()
    assert seen_anew == [state], "the next run would miss what is erased while this one begins"
    connection.execute("delete from ops.raw_rows_lost where table_name = 'dms__vehicles'")
    assert _can_go_on(run_dbt)
    connection.execute("alter table raw.web__leads disable trigger note_rows_deleted")
    assert not _can_go_on(run_dbt)
    connection.execute("alter table raw.web__leads enable trigger note_rows_deleted")
    assert not _can_go_on(run_dbt), "what was deleted meanwhile was not noted"


def test_nothing_is_gone_on_with_after_another_setting_other_code_or_a_kill(
    connection: Connection, run_dbt: Dbt, first_night: Found
) -> None:
    before = _found(connection)
    assert connection.execute("select 1 from build.int_customer_standardising_state where is_complete").fetchall()
    connection.execute("update ops.build_dealers set phone_region = 'DE' where dealer_code = 'ru'")
    run_dbt(*STANDARDISING)
    assert not _is_going_on(connection)
    assert _found(connection)["int_customer_record_phones"] != before["int_customer_record_phones"]
    of_another_seed = replace(run_dbt, environment={**run_dbt.environment, "DEALER360_CODE_VERSION": "of another seed"})
    of_another_seed("run", "--select", "int_customer_mentions_received")
    assert not _is_going_on(connection)
    # That run was killed there, and its last model was run by hand.
    of_another_seed("run", "--select", "int_customer_records_standardized")
    state = connection.execute("select is_complete from build.int_customer_standardising_state").fetchall()
    assert state == [{"is_complete": False}]
    of_another_seed("run", "--select", "int_customer_mentions_received")
    assert not _is_going_on(connection)
    # A crash of the server empties what is unlogged.
    connection.execute("truncate build.int_customer_standardising_state")
    assert not _can_go_on(run_dbt)
    assert _told(run_dbt, "standardising_goes_on()") == "False"
