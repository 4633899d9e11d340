"""Small builds made by SQL, in the shape that dbt leaves behind."""

from __future__ import annotations

from functools import cache

import psycopg
from jinja2 import Environment

from warehouse.settings import PROJECT_ROOT

MARTS = ("dim_customers", "dim_customer_contacts", "dim_customer_ids", "fct_vehicle_sales", "mart_customer_360")

MODELS_OF_IDS = (
    "dim_customer_ids",
    "int_customer_records_moved",
    "int_customers_decided",
    "int_customer_id_changes",
)

# a record key → the customer it belongs to
Assignments = dict[str, str]


def begin_build(connection: psycopg.Connection, *, horizon: int = 1, identity_version: str = "default") -> int:
    """A running build that follows the live one, and is the one that models see."""
    row = connection.execute(
        """
        insert into ops.builds (
            status, horizon, as_of_date, identity_version, settings_hash, code_version, holder, follows_build_id
        )
        select 'running', %s, date '2026-03-05', %s, '', '', 'test', build_id from ops.live
        returning build_id
        """,
        [horizon, identity_version],
    ).fetchone()
    assert row is not None
    connection.execute(
        "update ops.current_build set (build_id, horizon, identity_version) ="
        " (select build_id, horizon, identity_version from ops.builds where build_id = %s)",
        [row[0]],
    )
    return row[0]


def make_marts(connection: psycopg.Connection, number: int, *, customers: int = 20) -> None:
    """Every mart of MARTS anew in schema build, as many rows as customers, each row marked with `number`."""
    connection.execute(
        """
        drop table if exists build.dim_customers, build.dim_customer_contacts, build.fct_vehicle_sales,
            build.mart_customer_360;
        create table build.dim_customers (
            customer_id text not null, city text, number integer, primary key (customer_id)
        );
        create table build.dim_customer_contacts (
            customer_id text not null, contact_type text not null, contact_value text, number integer,
            primary key (customer_id, contact_type)
        );
        create table build.fct_vehicle_sales (
            sale_id text not null, customer_id text, net_amount numeric(14, 2), number integer, primary key (sale_id)
        );
        create index anything on build.fct_vehicle_sales (customer_id);
        create table build.mart_customer_360 (
            customer_id text not null, dealer_codes text[], number integer, primary key (customer_id)
        );
        """
    )
    for statement in (
        "insert into build.dim_customers select 'c' || i, null, %(number)s from generate_series(1, %(count)s) as i",
        """
        insert into build.dim_customer_contacts
        select 'c' || i, 'phone', '+7' || i, %(number)s from generate_series(1, %(count)s) as i
        """,
        """
        insert into build.fct_vehicle_sales
        select 's' || i, 'c' || i, i, %(number)s from generate_series(1, %(count)s) as i
        """,
        """
        insert into build.mart_customer_360
        select 'c' || i, array['d01'], %(number)s from generate_series(1, %(count)s) as i
        """,
    ):
        connection.execute(statement, {"number": number, "count": customers})


def make_identity(
    connection: psycopg.Connection, assigned: Assignments, links: dict[tuple[str, str], float] | None = None
) -> None:
    """What publish reads of identity: who has which records now, probabilities of accepted links, heirs of ids."""
    connection.execute(
        f"drop table if exists {', '.join(f'build.{model}' for model in MODELS_OF_IDS)},"
        " build.int_customer_ids_assigned, build.int_customer_links_accepted".encode()
    )
    connection.execute(
        """
        create table build.int_customer_ids_assigned (
            dealer_code text, source_system text, entity text, source_record_id text, customer_id text
        );
        create table build.int_customer_links_accepted (
            left_record text, right_record text, match_weight double precision, match_probability double precision,
            link_reason text, left_signature_id text, right_signature_id text
        );
        """
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into build.int_customer_ids_assigned values (%s, %s, %s, %s, %s)",
            [[*record.split("/", 3), customer] for record, customer in assigned.items()],
        )
        cursor.executemany(
            "insert into build.int_customer_links_accepted values (%s, %s, 10, %s, 'match', md5(%s), md5(%s))",
            [[left, right, probability, left, right] for (left, right), probability in (links or {}).items()],
        )
    for model in MODELS_OF_IDS:
        connection.execute(f"create table build.{model} as {_sql_of(model)}".encode())
    connection.execute("alter table build.dim_customer_ids add primary key (published_customer_id)")


@cache
def _sql_of(model: str) -> str:
    """The model's own SQL, without dbt around it."""
    folder = PROJECT_ROOT / "dbt_project"
    parts = (folder / "macros/record_keys.sql", next(folder.glob(f"models/**/{model}.sql")))
    template = Environment().from_string("".join(part.read_text() for part in parts))
    return template.render(
        source="{}.{}".format,
        ref="build.{}".format,
        config=lambda materialized: "",
        array_aggregated="array_agg({0} order by {0})".format,
    )


def make_build(connection: psycopg.Connection, number: int = 1, *, assigned: Assignments | None = None) -> int:
    """A running build with all its tables; gives its id."""
    build_id = begin_build(connection, horizon=number)
    make_marts(connection, number)
    make_identity(connection, assigned or {"d01/dms/sales/1": "c1"})
    return build_id


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query.encode()).fetchall()
