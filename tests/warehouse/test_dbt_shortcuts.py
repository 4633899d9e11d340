from types import SimpleNamespace
from typing import Any

import pytest
from dbt.adapters.cache import RelationsCache
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.events.types import SQLQueryStatus
from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.adapters.postgres.relation import PostgresRelation
from dbt.context.macros import MacroNamespaceBuilder
from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.exceptions import CompilationError
from psycopg import conninfo
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from tests.dbt_in_process import taking_shortcuts
from warehouse.database import database_url


@pytest.fixture
def templates(tmp_path):
    """The shortcuts are taken until the test's end; this is where templates are kept."""
    with taking_shortcuts(tmp_path / "templates"):
        yield tmp_path / "templates"


def test_a_session_has_its_role_before_a_transaction_that_may_be_rolled_back(workspace, templates):
    known = conninfo.conninfo_to_dict(database_url(workspace))
    credentials = PostgresCredentials(
        host=known["host"],
        port=int(known["port"]),
        user=known["user"],
        password=known["password"],
        database=known["dbname"],
        schema="build",
        role="dealer360_owner",
    )
    opened = PostgresConnectionManager.open(
        Connection(type="postgres", name="model", state=ConnectionState.INIT, credentials=credentials)
    )
    assert opened.handle.info.transaction_status == TRANSACTION_STATUS_IDLE
    cursor = opened.handle.cursor()
    cursor.execute("show role")
    assert cursor.fetchone() == ("dealer360_owner",)
    opened.handle.close()


def test_a_template_is_made_once_for_each_kind_of_environment(monkeypatch, templates):
    source = "{% set number = 6 %}{{ number * 7 }}"
    assert MacroFuzzEnvironment().from_string(source).render({}) == "42"
    assert NativeSandboxEnvironment().from_string(source).render({}) == 42
    assert len(list(templates.iterdir())) == 2
    monkeypatch.setattr(MacroFuzzEnvironment, "_parse", None)
    assert MacroFuzzEnvironment().from_string(source).render({}) == "42"
    assert NativeSandboxEnvironment().from_string(source).render({}) == 42


def test_nobody_else_writes_what_a_build_runs(templates):
    assert templates.stat().st_mode & 0o777 == 0o700


def test_a_template_is_made_anew_when_its_file_was_cut_off(templates):
    source = "{{ 6 * 7 }}"
    MacroFuzzEnvironment().from_string(source)
    [file] = templates.iterdir()
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert MacroFuzzEnvironment().from_string(source).render({}) == "42"
    assert file.read_bytes() == whole


def test_a_template_that_cannot_be_kept_is_made_all_the_same(templates):
    templates.rmdir()
    assert MacroFuzzEnvironment().from_string("{{ 6 * 7 }}").render({}) == "42"


@pytest.mark.parametrize(
    ("level", "heard_by_logger", "times"),
    [(None, "info", 0), ("debug", "info", 0), ("info", "info", 1), (None, "debug", 1)],
)
def test_an_event_of_level_debug_is_told_where_a_logger_writes_it_or_it_is_more_than_that(
    templates, level, heard_by_logger, times
):
    told = []
    manager = EventManager()
    manager.loggers = [
        SimpleNamespace(level=EventLevel(heard_by_logger), filter=lambda message: True, write_line=told.append)
    ]
    event = SQLQueryStatus(status="SELECT 1", elapsed=0.5, query_id="", node_info={})
    manager.fire_event(event, level=level and EventLevel(level))
    assert [message.data.status for message in told] == ["SELECT 1"] * times


@pytest.mark.parametrize("name", ["int_periods", "INT_PARTIES", "int_nowhere"])
def test_a_relation_is_found_as_dbt_finds_it(request, name):
    adapter = PostgresAdapter.__new__(PostgresAdapter)
    adapter.cache = RelationsCache()
    adapter.config = SimpleNamespace(quoting={"database": True, "schema": True, "identifier": True})
    for identifier in ("int_periods", "int_parties", "int_parties__old"):
        adapter.cache.add(PostgresRelation.create(database="group", schema="build", identifier=identifier))
    adapter.cache.update_schemas([("group", "build")])
    found_by_dbt = _found(adapter, name)
    request.getfixturevalue("templates")
    assert _found(adapter, name) == found_by_dbt


def _found(adapter: PostgresAdapter, name: str) -> str:
    try:
        return str(adapter.get_relation("group", "build", name))
    except CompilationError as error:
        return str(error)


def test_macros_are_found_in_the_packages_in_which_dbt_finds_them(request):
    names = {
        "dbt": ("date_trunc", "safe_cast"),
        "dbt_postgres": ("date_trunc", "postgres__only"),
        "words": ("safe_cast", "spelled", "split"),
        "dealer360": ("spelled", "date_trunc"),
    }
    packages = {
        package: {
            name: SimpleNamespace(name=name, package_name=package, unique_id=f"{package}.{name}") for name in macros
        }
        for package, macros in names.items()
    }
    by_dbt = _macros(packages)
    request.getfixturevalue("templates")
    assert _macros(packages) == by_dbt
    assert by_dbt["of all"]["date_trunc"] == "dealer360.date_trunc"


def _macros(packages: dict[str, dict[str, SimpleNamespace]]) -> dict[str, object]:
    builder = MacroNamespaceBuilder("dealer360", "words", None, ["dbt_postgres", "dbt"])
    namespace = builder.build_namespace(packages, {})
    of_all: dict[str, object] = {}
    of_all.update(namespace)
    return {
        "of all": {name: _which(found) for name, found in of_all.items()},
        "by package": {
            (package, name): _which(namespace.get_from_package(package, name))
            for package in (None, "dbt", "words", "dealer360")
            for name in ("date_trunc", "spelled", "split", "safe_cast", "postgres__only", "nowhere")
        },
    }


def _which(found: Any) -> object:
    if isinstance(found, dict):
        return {name: _which(macro) for name, macro in found.items()}
    return found and found.macro.unique_id
