"""Values of too many people, as a steward sees them."""

from __future__ import annotations

from stewardship.shared_values import SharedValue, shared_values
from warehouse.database import connect
from warehouse.settings import Workspace

OFFICE = SharedValue("phone", "+74950000000", None, 9, 8, 1, 0, "more is an office")
DESK = SharedValue("email", "desk@example.org", "d01", 5, 5, 1, 0, "advisors type their own")


def test_values_of_most_surnames_come_first_and_a_dealers_own_can_be_asked_for(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        connection.execute("create table build.int_customer_ids_assigned (record_key text)")
        connection.execute(
            "create table build.int_customer_values_barred (attribute text, scope text, dealer_code text,"
            " value_used text, surname_count bigint, first_name_count bigint, birth_date_count bigint,"
            " contact_count bigint, why text)"
        )
        connection.execute(
            "insert into build.int_customer_values_barred values"
            " ('email', 'dealer', 'd01', 'desk@example.org', 5, 5, 1, 0, 'advisors type their own'),"
            " ('phone', 'group', null, '+74950000000', 9, 8, 1, 0, 'more is an office')"
        )
        assert shared_values(connection, limit=9) == ([OFFICE, DESK], 2)
        assert shared_values(connection, limit=1) == ([OFFICE], 2)
        assert shared_values(connection, limit=9, dealer_code="d01") == ([DESK], 1)
