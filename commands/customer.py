"""`dealer360 customer`: one customer on one screen, as the marts show him."""

from __future__ import annotations

from typing import Any

import click
import psycopg
from psycopg.rows import dict_row

from commands.output import json_option, print_json, print_table
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

Row = dict[str, Any]

_SECTIONS = {
    "profile": """
        select customers.*, pages.dealer_codes, pages.vehicles_owned, pages.sales_count, pages.visits_count,
            pages.leads_count, pages.lifetime_net_amount, pages.rfm_segment
        from marts.dim_customers as customers
        left join marts.mart_customer_360 as pages using (customer_id)
        where customers.customer_id = %(id)s
    """,
    "contacts": """
        select full_name, contact_type, contact_value, is_preferred, source_record, last_seen_at
        from marts.dim_customer_contacts
        where customer_id = %(id)s
        order by contact_type desc, is_preferred desc, last_seen_at desc nulls last
    """,
    "vehicles": """
        select vehicles.vehicle_id, vehicles.vin, vehicles.make, vehicles.model, vehicles.model_year,
            count(distinct sales.sale_id) as bought, count(distinct visits.visit_id) as visits
        from marts.dim_vehicles as vehicles
        left join marts.fct_vehicle_sales as sales
            on sales.vehicle_id = vehicles.vehicle_id and sales.customer_id = %(id)s
        left join marts.fct_service_visits as visits
            on visits.vehicle_id = vehicles.vehicle_id and visits.customer_id = %(id)s
        where
            vehicles.vehicle_id in (
                select vehicle_id from marts.fct_vehicle_sales where customer_id = %(id)s
                union all
                select vehicle_id from marts.fct_service_visits where customer_id = %(id)s
            )
        group by 1, 2, 3, 4, 5
        order by vehicles.make, vehicles.model, vehicles.vin
    """,
    "timeline": """
        select happened_at, event_type, dealer_code, summary, source_id
        from marts.mart_customer_timeline
        where customer_id = %(id)s
        order by happened_at desc, event_type, source_id
    """,
    "records": """
        select dealer_code || '/' || source_system || '/' || entity || '/' || source_record_id as record,
            source_file, source_row, link_probability, link_reason
        from marts.bridge_customer_records
        where customer_id = %(id)s
        order by 1
    """,
    "links": """
        select links.left_record, links.right_record, links.match_probability, links.match_weight
        from identity.current_accepted_links as links
        inner join marts.bridge_customer_records as records
            on links.left_record = records.dealer_code || '/' || records.source_system || '/' || records.entity || '/'
                || records.source_record_id
        where records.customer_id = %(id)s
        order by links.match_weight, links.left_record, links.right_record
    """,
}


class UnknownCustomer(Dealer360Error):
    """No customer has, or ever had, this id."""


@click.command(epilog="Example: dealer360 customer 5f2b0c51d7a64c9f8e3a1b2c3d4e5f60")
@click.argument("customer_id")
@click.option("--events", type=click.IntRange(min=0), default=20, show_default=True, help="How many events to show.")
@json_option
@click.pass_obj
def customer(workspace: Workspace, customer_id: str, *, events: int, as_json: bool) -> None:
    """Show one customer: profile, contacts, vehicles, what happened, his records and why they are one.

    An id that was merged into another shows that one. What is shown is personal data.
    """
    with connect(workspace) as connection:
        # One moment for all sections, whatever is published meanwhile.
        connection.execute("set transaction isolation level repeatable read, read only")
        found = _resolve(connection, customer_id)
        sections = {name: _rows(connection, query, found) for name, query in _SECTIONS.items()}
    if as_json:
        print_json({"asked_for": customer_id, **sections, "profile": sections["profile"][0]})
        return
    if found != customer_id:
        click.echo(f"{customer_id} is {found} now.\n")
    _show(sections, events)


def _resolve(connection: psycopg.Connection, customer_id: str) -> str:
    """The customer that the id stands for today.

    Raises:
        UnknownCustomer: nothing was published, or the id is not one of those that were.
    """
    published = connection.execute("select to_regclass('marts.dim_customer_ids') is not null").fetchone()
    row = None
    if published == (True,):
        row = connection.execute(
            "select customer_id from marts.dim_customer_ids where published_customer_id = %s", [customer_id]
        ).fetchone()
    if row is None or row[0] is None:
        raise UnknownCustomer(
            f"customer {customer_id}",
            found="an id whose customer was erased" if row else "no such id among all that were ever published",
            expected="a customer_id of marts.dim_customers, or one that was merged since",
            do="look the customer up in marts.dim_customer_contacts by phone or name; nothing was changed",
        )
    return str(row[0])


def _rows(connection: psycopg.Connection, query: str, customer_id: str) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), {"id": customer_id}).fetchall()


def _show(sections: dict[str, list[Row]], events: int) -> None:
    profile = sections["profile"][0]
    print_table("Profile", ["", ""], [(name, value) for name, value in profile.items() if value is not None])
    _table("Contacts", sections["contacts"])
    _table("Vehicles", sections["vehicles"])
    timeline = sections["timeline"]
    _table(f"Timeline, the last {min(events, len(timeline))} of {len(timeline)}", timeline[:events])
    _table("Records: where all this comes from, and why each belongs here", sections["records"])
    _table("Links between the records, the weakest first", sections["links"])


def _table(title: str, rows: list[Row]) -> None:
    if rows:
        print_table(title, list(rows[0]), [list(row.values()) for row in rows])
