import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

import warehouse.bootstrap
from warehouse.bootstrap import (
    DatabaseNotUtf8,
    RolesMissing,
    SchemaVersion,
    SchemaVersionChanged,
    ServerTooOld,
    bootstrap,
    schema_versions,
)

VERSIONS = [version.version for version in schema_versions()]
ROLES = ["dealer360_bi", "dealer360_head_office", "dealer360_owner"]


def _applied(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("select version from ops.schema_versions order by version")]


def _bootstrap(url: str, **options: int) -> None:
    with psycopg.connect(url) as connection:
        bootstrap(connection, **options)


def test_no_number_is_given_twice():
    assert len(set(VERSIONS)) == len(VERSIONS)


def test_bootstrapping_again_applies_nothing_twice(empty_database_url):
    _bootstrap(empty_database_url)
    _bootstrap(empty_database_url)
    assert _applied(empty_database_url) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_any_earlier_version_is_brought_up_to_date(empty_database_url, version):
    _bootstrap(empty_database_url, up_to=version)
    assert _applied(empty_database_url)[-1] == version
    _bootstrap(empty_database_url)
    assert _applied(empty_database_url) == VERSIONS


def test_processes_at_once_do_not_hinder_each_other(empty_database_url):
    statement = (
        "import psycopg, sys; from warehouse.bootstrap import bootstrap; bootstrap(psycopg.connect(sys.argv[1]))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", statement, empty_database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4
    assert _applied(empty_database_url) == VERSIONS


def test_everything_belongs_to_the_owner(empty_database_url):
    _bootstrap(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        owners = connection.execute(
            """
            select distinct pg_get_userbyid(relowner)
            from pg_class
            where relnamespace::regnamespace::text in ('raw', 'ops', 'quarantine', 'identity', 'marts')
            """
        ).fetchall()
    assert owners == [("dealer360_owner",)]


def test_a_file_that_was_edited_after_it_had_been_applied_is_refused(empty_database_url, monkeypatch):
    _bootstrap(empty_database_url)
    edited = [SchemaVersion(1, "0001_schemas.sql", "select 'edited'"), *schema_versions()[1:]]
    monkeypatch.setattr(warehouse.bootstrap, "schema_versions", lambda: edited)
    with pytest.raises(SchemaVersionChanged, match=r"0001_schemas\.sql"):
        _bootstrap(empty_database_url)


def test_a_version_that_fails_leaves_the_database_as_it_was(empty_database_url, monkeypatch):
    _bootstrap(empty_database_url)
    broken = SchemaVersion(9999, "9999_broken.sql", "create table ops.half_made (); select 1 / 0")
    monkeypatch.setattr(warehouse.bootstrap, "schema_versions", lambda: [*schema_versions(), broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        _bootstrap(empty_database_url)
    assert _applied(empty_database_url) == VERSIONS
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("select to_regclass('ops.half_made')").fetchone() == (None,)


# A server of somebody else


@pytest.fixture
def application_url(foreign_database_url: str) -> Iterator[str]:
    """URL of the foreign database for a user who may connect and nothing else."""
    with psycopg.connect(foreign_database_url, autocommit=True) as connection:
        connection.execute("create role \"App of Anna's\" login password 'secret'")
    yield foreign_database_url.replace("dba:foreign", "App%20of%20Anna's:secret")
    with psycopg.connect(foreign_database_url, autocommit=True) as connection:
        connection.execute('reassign owned by "App of Anna\'s" to dba')
        connection.execute('drop owned by "App of Anna\'s"')
        connection.execute('drop role "App of Anna\'s"')


def _roles(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [
            row[0]
            for row in connection.execute("select rolname from pg_roles where rolname like 'dealer360%' order by 1")
        ]


def test_a_superuser_needs_no_preparation(foreign_database_url):
    _bootstrap(foreign_database_url)
    assert _applied(foreign_database_url) == VERSIONS
    assert _roles(foreign_database_url) == ROLES


def test_readers_get_no_password_on_a_foreign_server(foreign_database_url):
    _bootstrap(foreign_database_url)
    with psycopg.connect(foreign_database_url) as connection:
        found = connection.execute("select distinct rolpassword from pg_authid where rolname like 'dealer360%'")
        assert found.fetchall() == [(None,)]


@pytest.mark.parametrize("role", warehouse.bootstrap.READER_ROLES)
def test_a_reader_logs_in_once_an_administrator_gave_it_a_password(foreign_database_url, role):
    _bootstrap(foreign_database_url)
    reader_url = foreign_database_url.replace("dba:foreign", f"{role}:secret")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(reader_url)
    with psycopg.connect(foreign_database_url, autocommit=True) as connection:
        connection.execute("create view marts.dim_dealers as select 1")
        connection.execute(f"grant select on marts.dim_dealers to {role}".encode())
        connection.execute(f"alter role {role} login password 'secret'".encode())
    with psycopg.connect(reader_url) as connection:
        assert connection.execute("select * from marts.dim_dealers").fetchall() == [(1,)]


def test_a_user_who_may_create_roles_needs_an_administrator_for_the_database_alone(
    foreign_database_url, application_url
):
    with psycopg.connect(foreign_database_url, autocommit=True) as connection:
        connection.execute('alter role "App of Anna\'s" createrole')
        connection.execute(f'alter database {connection.info.dbname} owner to "App of Anna\'s"')
    _bootstrap(application_url)
    assert _applied(application_url.replace("App%20of%20Anna's:secret", "dba:foreign")) == VERSIONS


def test_what_an_administrator_is_told_to_run_is_all_that_is_missing(foreign_database_url, application_url):
    with pytest.raises(RolesMissing) as error:
        _bootstrap(application_url)
    assert _roles(foreign_database_url) == []
    _, _, script = error.value.do.partition("\n")
    with psycopg.connect(foreign_database_url, autocommit=True) as connection:
        connection.execute(script)
    _bootstrap(application_url)
    assert _applied(foreign_database_url) == VERSIONS


def test_a_second_user_of_a_warehouse_is_told_that_membership_is_missing(foreign_database_url, application_url):
    _bootstrap(foreign_database_url)
    with pytest.raises(RolesMissing) as error:
        _bootstrap(application_url)
    assert error.value.do.splitlines()[1:] == ['grant "dealer360_owner" to "App of Anna\'s";']


def test_a_database_that_cannot_hold_every_name_is_refused(foreign_server_url):
    with psycopg.connect(foreign_server_url, autocommit=True) as connection:
        connection.execute("create database latin template template0 encoding 'LATIN1' locale 'C'")
        try:
            with pytest.raises(DatabaseNotUtf8, match="latin"):
                _bootstrap(foreign_server_url.replace("/postgres", "/latin"))
        finally:
            connection.execute("drop database latin")


def test_a_server_that_is_too_old_is_refused_before_anything_is_made(empty_database_url, monkeypatch):
    monkeypatch.setattr(warehouse.bootstrap, "_OLDEST_SERVER", 990000)
    with pytest.raises(ServerTooOld):
        _bootstrap(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("select to_regnamespace('ops')").fetchone() == (None,)
