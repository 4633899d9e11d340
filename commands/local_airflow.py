"""Airflow for one workspace on this machine: its settings, its processes, and their end.

Scheduler, DAG processor and API server with the LocalExecutor; the metadata stand in the database `airflow` of the
server that holds the warehouse. Everything that is written stays in the workspace, and nobody but this machine is
answered. A triggerer is not started: no task of ours waits in one.
"""

from __future__ import annotations

import configparser
import ctypes
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from commands.airflow_api import AirflowApi
from warehouse.database import database_url
from warehouse.errors import Dealer360Error
from warehouse.settings import PROJECT_ROOT, TELEMETRY_OFF, Workspace

METADATA_DATABASE = "airflow"
USER = "admin"
COMPONENTS = {
    # Task logs are read from the workspace; without this option the scheduler would serve them on every interface.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "api-server": ["api-server"],
}

# Imported once, in the process that all tasks are forked from: Great Expectations alone takes 2.5 s of processor time.
_PRELOADED = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.dagbag",
    "great_expectations.expectations",
    "ingestion.load",
    "warehouse.build",
    "dags._build_steps",
)

_MIGRATION_TIMEOUT_S = 240
_START_TIMEOUT_S = 180
_STOP_TIMEOUT_S = 20
_TAIL_LINES = 25
_PR_SET_PDEATHSIG = 1


class AirflowBroke(Dealer360Error):
    """A part of Airflow ended or did not do its work in time; the end of its log says why."""


class AirflowRunsAlready(Dealer360Error):
    """Another command has this workspace's Airflow in its hands."""


class NoMetadataDatabase(Dealer360Error):
    """The server has no database for Airflow, and its owner may not make one."""


class LocalAirflow:
    """Airflow's processes for one workspace, started on entering a `with` block and ended with it.

    `api` answers after the block was entered; `url`, `user` and `password` are what a person needs in a browser.
    """

    user = USER

    def __init__(self, workspace: Workspace, *, port: int | None = None) -> None:
        """`port`: where the UI shall answer on 127.0.0.1; a free one when None."""
        self.workspace = workspace
        self.home = workspace.root / "airflow"
        self.logs_dir = workspace.logs_dir / "airflow"
        self._port = port or _free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock: int | None = None
        self.started_at = datetime.now(UTC)

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def password_file(self) -> Path:
        """The file with the password of `user`; readable by its owner alone."""
        return self.home / "passwords.json"

    @property
    def password(self) -> str:
        """The password of `user`, made at the workspace's first start."""
        return str(json.loads(self.password_file.read_text())[USER])

    def __enter__(self) -> LocalAirflow:
        self._take_lock()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def api(self) -> AirflowApi:
        """A client that may do what the UI's administrator may."""
        return AirflowApi(self._port, USER, self.password)

    def ended(self) -> str | None:
        """The name of a component that is no longer running, or None."""
        return next((name for name, process in self._processes.items() if process.poll() is not None), None)

    def log_tail(self, component: str) -> str:
        """The last lines that `component` wrote."""
        try:
            lines = (self.logs_dir / f"{component}.log").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-_TAIL_LINES:])

    def wait_until(self, is_done: Callable[[], bool], what: str, timeout_s: float, interval_s: float = 0.5) -> None:
        """Wait for `is_done`, watching that Airflow lives.

        Raises:
            AirflowBroke: a component ended, or `timeout_s` seconds were over.
        """
        deadline = time.monotonic() + timeout_s
        while not is_done():
            if (dead := self.ended()) is not None:
                raise self._failure(found=f"{dead} ended:\n{self.log_tail(dead)}", expected=what)
            if time.monotonic() > deadline:
                raise self._failure(
                    found=f"nothing within {timeout_s:.0f} s; the scheduler's log ends:\n{self.log_tail('scheduler')}",
                    expected=what,
                )
            time.sleep(interval_s)

    def serve(self) -> None:
        """Stay until a component ends by itself, or an exception (Ctrl-C) comes.

        Raises:
            AirflowBroke: with the log of the component that ended.
        """
        self.wait_until(lambda: False, "every component to go on", float("inf"), interval_s=1)

    def stop(self) -> None:
        """End every process of this Airflow, with what they started; tasks under way are broken off."""
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        for process in self._processes.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            _kill_group(process.pid)
            process.wait()
        self._processes.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Starting

    def _take_lock(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self.home, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise AirflowRunsAlready(
                f"Airflow of {self.workspace.root}",
                found="another command runs it",
                expected="one Airflow a workspace",
                do="end the other command first, or choose another workspace; nothing was changed",
            ) from None

    def _start(self) -> None:
        self.started_at = datetime.now(UTC)
        self.logs_dir.mkdir(parents=True, exist_ok=True)
        warehouse_url = database_url(self.workspace)
        _ensure_database(warehouse_url)
        self._write_settings(warehouse_url)
        self._migrate()
        for name, arguments in COMPONENTS.items():
            self._processes[name] = self._launch(name, arguments)
        self.wait_until(
            lambda: self.api.is_healthy(), "scheduler, DAG processor and API server at work", _START_TIMEOUT_S
        )

    def _write_settings(self, warehouse_url: str) -> None:
        generated = _remembered(self.home / "secrets.json", _new_secrets)
        _remembered(self.password_file, lambda: {USER: secrets.token_urlsafe(12)})
        settings = airflow_settings(
            home=self.home, logs_dir=self.logs_dir, port=self._port, warehouse_url=warehouse_url, secrets=generated
        )
        parser = configparser.RawConfigParser()
        for section, options in settings.items():
            # Airflow reads the file with interpolation, where a percent sign is written twice.
            parser[section] = {option: value.replace("%", "%%") for option, value in options.items()}
        with _open_private(self.home / "airflow.cfg") as file:
            os.write(file.fileno(), b"# Written at every start of Airflow by `dealer360`.\n")
            parser.write(file)

    def _migrate(self) -> None:
        process = self._launch("migrate", ["db", "migrate"])
        try:
            code = process.wait(timeout=_MIGRATION_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _kill_group(process.pid)
            process.wait()
        if code != 0:
            raise self._failure(
                found=self.log_tail("migrate"), expected="its metadata tables made or brought up to date"
            )

    def _launch(self, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        with (self.logs_dir / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "airflow", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env=self.environment(),
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - this program has one thread
            )

    def environment(self) -> dict[str, str]:
        """The environment in which `airflow …` speaks to this Airflow. Settings of another Airflow are left out."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
        return (
            inherited
            | TELEMETRY_OFF
            | {
                "AIRFLOW_HOME": str(self.home),
                "DEALER360_WORKSPACE": str(self.workspace.root),
                "NO_PROXY": "127.0.0.1,localhost",  # tasks speak to the API server, and no proxy can reach it
                "no_proxy": "127.0.0.1,localhost",
                "PYTHONUNBUFFERED": "1",
            }
        )

    def _failure(self, *, found: str, expected: str) -> AirflowBroke:
        return AirflowBroke(
            f"Airflow of {self.workspace.root}",
            found=found,
            expected=expected,
            do=f"read the logs in {self.logs_dir}; what was loaded and published before stays as it was",
        )


def airflow_settings(
    *, home: Path, logs_dir: Path, port: int, warehouse_url: str, secrets: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """What differs from Airflow's defaults, section by section, as text.

    `secrets` holds fernet_key, jwt_secret and secret_key.
    """
    url = f"http://127.0.0.1:{port}"
    return {
        "core": {
            "dags_folder": str(PROJECT_ROOT / "dags"),
            "executor": "LocalExecutor",
            "parallelism": "4",
            "load_examples": "False",
            "dags_are_paused_at_creation": "False",  # an announcement to a paused DAG is lost
            "execution_api_server_url": f"{url}/execution/",
            "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "simple_auth_manager_users": f"{USER}:admin",
            "simple_auth_manager_passwords_file": str(home / "passwords.json"),
            "fernet_key": secrets["fernet_key"],
            "mp_forkserver_preload": ",".join(_PRELOADED),
            "hostname_callable": "socket.gethostname",  # no question to a name server that may not answer
        },
        # They have just been migrated: each component would read all of Alembic's scripts to find that out.
        "database": metadata_urls(warehouse_url) | {"check_migrations": "False"},
        "logging": {
            "base_log_folder": str(logs_dir / "tasks"),
            "dag_processor_child_process_log_directory": str(logs_dir / "dag_processor"),
            "colored_console_log": "False",
            "namespace_levels": "great_expectations=WARNING",
        },
        "api": {"host": "127.0.0.1", "port": str(port), "base_url": url, "secret_key": secrets["secret_key"]},
        "api_auth": {"jwt_secret": secrets["jwt_secret"]},
        "scheduler": {"scheduler_idle_sleep_time": "0.5", "mp_start_method": "forkserver"},
        "dag_processor": {"refresh_interval": "30", "parsing_processes": "1"},
        "usage_data_collection": {"enabled": "False"},
    }


def metadata_urls(warehouse_url: str) -> dict[str, str]:
    """SQLAlchemy's URLs of the database `airflow` on the warehouse's server, for psycopg2 and for asyncpg."""
    parts = conninfo_to_dict(warehouse_url)
    user, password, host = (quote(str(parts.get(name) or ""), safe="") for name in ("user", "password", "host"))
    address = f"{user}:{password}@{host}:{parts.get('port') or 5432}/{METADATA_DATABASE}"
    ssl = parts.get("sslmode")
    return {
        "sql_alchemy_conn": f"postgresql+psycopg2://{address}" + (f"?sslmode={ssl}" if ssl else ""),
        "sql_alchemy_conn_async": f"postgresql+asyncpg://{address}" + (f"?ssl={ssl}" if ssl else ""),
    }


def _ensure_database(warehouse_url: str) -> None:
    with psycopg.connect(warehouse_url, autocommit=True, connect_timeout=10) as connection:
        known = connection.execute("select datname from pg_database where datname = %s", [METADATA_DATABASE])
        if known.fetchone():
            return
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(METADATA_DATABASE)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise NoMetadataDatabase(
                "the warehouse's server",
                found=str(error).strip(),
                expected=f"a database {METADATA_DATABASE}, or the right to make one",
                do=f"have its administrator run `create database {METADATA_DATABASE} owner …`; nothing was changed",
            ) from error


def _new_secrets() -> dict[str, str]:
    return {
        "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_secret": secrets.token_urlsafe(48),
        "secret_key": secrets.token_urlsafe(32),
    }


def _remembered(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What the file says; made and written for its owner alone when there is none."""
    if not path.exists():
        with _open_private(path) as file:
            json.dump(make(), file)
    content: dict[str, str] = json.loads(path.read_text())
    return content


def _open_private(path: Path) -> IO[str]:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")


def _end_with_parent() -> None:
    """Linux ends the process when the one that started it is gone, even by kill -9."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
