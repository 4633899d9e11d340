from __future__ import annotations

import sqlalchemy as sa

from expectations.validation import sqlalchemy_url


def test_a_socket_folder_is_handed_to_the_driver_beside_a_host_name():
    url = sa.make_url(sqlalchemy_url("postgresql://u@/dealer360?host=/var/run/pg&port=5433&sslmode=disable"))

    assert url.host == "localhost"
    assert url.port == 5433
    assert url.query["host"] == "/var/run/pg"
    assert url.query["sslmode"] == "disable"


def test_a_password_of_any_signs_survives():
    rendered = sqlalchemy_url("postgresql://u:p%24word%40%2F@db/dealer360")

    assert "$" not in rendered  # Great Expectations would look for a variable of that name
    assert sa.make_url(rendered).password == "p$word@/"


def test_the_tables_are_read_as_the_owner_with_the_options_of_the_url_kept():
    url = sa.make_url(sqlalchemy_url("postgresql://u@db/dealer360?options=-c%20search_path%3Dx"))

    assert url.query["options"] == "-c search_path=x -c role=dealer360_owner -c jit=off"
