import os
import signal

import psycopg
import pytest

import warehouse.database
from warehouse.database import ServerUnreachable, connect, database_url, is_connection_lost
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import Workspace


def test_the_environment_names_the_server(workspace, bootstrapped_database_url):
    assert database_url(workspace) == bootstrapped_database_url
    assert not workspace.postgres_dir.exists()


def test_without_settings_the_embedded_server_is_started_and_bootstrapped(tmp_path):
    workspace = Workspace(tmp_path)
    try:
        with connect(workspace) as connection:
            assert connection.execute("select count(*) > 0 from ops.schema_versions").fetchone() == (True,)
    finally:
        EmbeddedServer(workspace).stop()


def test_a_server_killed_between_two_connections_is_not_noticed(tmp_path):
    workspace = Workspace(tmp_path)
    server = EmbeddedServer(workspace)
    try:
        with connect(workspace):
            pass
        os.kill(server.status().pid, signal.SIGKILL)
        with connect(workspace) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_server_that_recovers_is_waited_for(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path)
    server = EmbeddedServer(workspace)
    refusals = []

    def refuse_at_first(url, **options):
        if len(refusals) < 4:
            refusals.append(url)
            raise ServerUnreachable("", found="FATAL:  the database system is in recovery mode", expected="", do="")
        return psycopg.connect(url, **options)

    try:
        server.start()
        monkeypatch.setattr(warehouse.database, "open_url", refuse_at_first)
        with connect(workspace) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        server.stop()
    assert len(refusals) == 4


def test_whoever_connects_works_as_the_owner(foreign_database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("DEALER360_DATABASE_URL", foreign_database_url)
    with connect(Workspace(tmp_path)) as connection:
        connection.execute("create table raw.made_here (id integer)")
        connection.rollback()
        owner = connection.execute("select current_user, session_user, current_setting('application_name')").fetchone()
    assert owner == ("dealer360_owner", "dba", "dealer360")


def test_leaving_the_block_commits_and_an_exception_rolls_back(workspace):
    with connect(workspace) as connection:
        connection.execute("create table raw.kept (id integer)")
    with pytest.raises(KeyError), connect(workspace) as connection:
        connection.execute("create table raw.lost (id integer)")
        raise KeyError
    with connect(workspace) as connection:
        found = connection.execute("select to_regclass('raw.kept')::text, to_regclass('raw.lost')::text").fetchone()
    assert found == ("raw.kept", None)


def test_with_autocommit_every_statement_stands_by_itself(workspace):
    with pytest.raises(KeyError), connect(workspace, autocommit=True) as connection:
        connection.execute("create table raw.kept (id integer)")
        raise KeyError
    with connect(workspace) as connection:
        assert connection.execute("select count(*) from raw.kept").fetchone() == (0,)


def test_a_server_that_does_not_answer_is_a_transient_error_that_keeps_the_password_to_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("DEALER360_DATABASE_URL", "postgresql://app:very-secret@127.0.0.1:1/warehouse")
    with pytest.raises(ServerUnreachable) as error, connect(Workspace(tmp_path)):
        pass
    assert error.value.is_transient
    assert "very-secret" not in str(error.value)


def test_an_error_inside_the_block_is_the_callers_own(workspace):
    with pytest.raises(psycopg.errors.UndefinedTable), connect(workspace) as connection:
        connection.execute("select * from raw.nowhere")


def test_a_connection_that_was_ended_is_lost_and_one_whose_statement_was_cancelled_is_not(workspace):
    with psycopg.connect(database_url(workspace), autocommit=True) as connection:
        connection.execute("set statement_timeout = '10ms'")
        with pytest.raises(psycopg.OperationalError) as cancelled:
            connection.execute("select pg_sleep(5)")
        assert not is_connection_lost(cancelled.value, connection)
        with pytest.raises(psycopg.OperationalError) as ended:
            connection.execute("select pg_terminate_backend(pg_backend_pid())")
        assert is_connection_lost(ended.value, connection)
        assert is_connection_lost(ended.value)
