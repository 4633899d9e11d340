"""dbt, run on a workspace's warehouse: the whole project or one layer of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from psycopg import conninfo, sql

from warehouse.database import connect, database_url
from warehouse.dbt_process import TEMPLATES
from warehouse.errors import Dealer360Error
from warehouse.mart_tables import PREFIXES
from warehouse.publish import session_name
from warehouse.settings import PROJECT_ROOT, TELEMETRY_OFF, Workspace

Progress = Callable[[str, int, int], None]

DBT_PROJECT = PROJECT_ROOT / "dbt_project"

_IDENTITY = "path:models/intermediate/identity"
LAYERS: dict[str, tuple[str, ...]] = {
    "staging": ("--select", f"+{_IDENTITY}", "--exclude", _IDENTITY),
    "identity": ("--select", _IDENTITY),
    "marts": ("--exclude", f"+{_IDENTITY}"),
}
"""What dbt builds one after another, each with its tests: all that identity reads, identity, and everything else."""

_SEEDS = "seeds"

_SESSION = "-c synchronous_commit=off -c jit=off -c wal_skip_threshold=64MB -c idle_session_timeout=0"
"""dbt's sessions: a table that a crash takes is built anew, and publish, which waits for the disk, makes the tables
before it durable too, so only for a large table is it worth waiting that spares the log its rows. Hundreds of small
statements are not worth compiling. A thread keeps its session while it waits for what the other one builds."""

SAYING_LITTLE = ("--log-level=none", "--log-format-file=text", "--log-level-file=info")
"""dbt's options for warehouse.dbt_process, which says what is said. Its log names every statement otherwise, which is a
tenth of the time; the SQL lies in the target folder."""

_LOST_CONNECTION = (
    "server closed the connection",
    "could not connect",
    "terminating connection",
    "ssl connection has been closed",
    "ssl syscall error",
    "could not receive data",
    "could not send data",
    "connection refused",
    "connection timed out",
)
_FAILED = ("error", "fail", "runtime error")


class DbtFailed(Dealer360Error):
    """A model could not be built, or a test found rows it should not."""


class DbtLostConnection(DbtFailed):
    """The warehouse's server went away while dbt worked on it."""

    is_transient: ClassVar[bool] = True


@dataclass(frozen=True)
class DbtRun:
    """What dbt did: how many models, seeds and tests, and the seconds spent per layer (two threads: not wall time)."""

    node_count: int
    seconds_by_layer: dict[str, float]


def dbt_environment(workspace: Workspace, *, build_id: int | None = None) -> dict[str, str]:
    """The environment in which `dbt` in a shell works on this workspace's warehouse.

    dbt_project/profiles.yml reads the connection from it; artefacts and logs go to the workspace's logs/dbt.
    """
    known = {key: str(value) for key, value in conninfo.conninfo_to_dict(database_url(workspace)).items()}
    environment = {
        **os.environ,
        **TELEMETRY_OFF,
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_TARGET_PATH": str(_target_dir(workspace)),
        "DBT_LOG_PATH": str(_log_dir(workspace)),
        "DEALER360_CODE_VERSION": code_version(),
        "DEALER360_PG_HOST": known.pop("host", "localhost"),
        "DEALER360_PG_PORT": known.pop("port", "5432"),
        "DEALER360_PG_USER": known.pop("user", ""),
        "DEALER360_PG_PASSWORD": known.pop("password", ""),
        "DEALER360_PG_DBNAME": known.pop("dbname", ""),
        "PGAPPNAME": session_name(build_id) if build_id else "dealer360 dbt",
        "PGOPTIONS": f"{known.pop('options', os.environ.get('PGOPTIONS', ''))} {_SESSION}".strip(),
    }
    # Whatever else the URL says (sslmode, sslrootcert, options), libpq takes from its own variables.
    return environment | {f"PG{key.upper()}": value for key, value in known.items()}


def code_version() -> str:
    """A hash of the code that makes and judges marts."""
    digest = hashlib.sha256()
    files = [
        *(path for path in DBT_PROJECT.rglob("*") if path.suffix in (".sql", ".yml", ".csv")),
        *(PROJECT_ROOT / "expectations").rglob("*.py"),
    ]
    for path in sorted(files):
        digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def seed_tables() -> list[str]:
    """The tables of schema `build` that hold the project's seeds."""
    return sorted(path.stem for path in (DBT_PROJECT / _SEEDS).rglob("*.csv"))


def run_dbt(
    workspace: Workspace,
    build_id: int,
    layer: str | None = None,
    *,
    is_full_refresh: bool = False,
    are_seeds_kept: bool = False,
    progress: Progress | None = None,
) -> DbtRun:
    """Build the models of one of LAYERS, or of all of them in one go, and run their tests.

    Unit tests are left out: they judge the code, which does not change from night to night. With `are_seeds_kept` the
    seeds stay as the build before loaded and tested them.

    Raises:
        DbtFailed: with every model and test that failed, and where the log is.
        DbtLostConnection: the same, when the server went away.
    """
    command = [
        sys.executable,
        "-m",
        "warehouse.dbt_process",
        *SAYING_LITTLE,
        "build",
        "--no-write-json",
        "--use-fast-test-edges",
        "--exclude-resource-type=unit_test",
        # A test that also reads a later layer's models belongs to that layer.
        "--indirect-selection=buildable",
        *(["--full-refresh"] if is_full_refresh else []),
        *_selection(layer, are_seeds_kept),
    ]
    _forget_other_code(workspace)
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=dbt_environment(workspace, build_id=build_id),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            said, results = _follow(process, progress)
            exit_code = process.wait()
        except BaseException:
            process.kill()
            raise
    if exit_code != 0:
        raise _failure(workspace, layer, results, said)
    if layer in (None, "marts"):
        _drop_tables_without_model(workspace)
    return DbtRun(node_count=len(results), seconds_by_layer=_seconds_by_layer(layer, results))


def _forget_other_code(workspace: Workspace) -> None:
    """Let dbt read the whole project anew after an upgrade, and drop the templates of the code before.

    Of what it has read last it takes a model as it was whose macro's macro has gained a reference, and stops at it.
    """
    _target_dir(workspace).mkdir(parents=True, exist_ok=True)
    read_last = _target_dir(workspace) / "code_version"
    if not read_last.exists() or read_last.read_text(encoding="utf-8") != code_version():
        (_target_dir(workspace) / "partial_parse.msgpack").unlink(missing_ok=True)
        shutil.rmtree(_target_dir(workspace) / TEMPLATES, ignore_errors=True)
        read_last.write_text(code_version(), encoding="utf-8")


def _selection(layer: str | None, are_seeds_kept: bool) -> list[str]:
    selection = list(LAYERS[layer]) if layer else []
    if are_seeds_kept:
        selection += [f"path:{_SEEDS}"] if "--exclude" in selection else ["--exclude", f"path:{_SEEDS}"]
    return selection


def _follow(process: subprocess.Popen[str], progress: Progress | None) -> tuple[list[str], list[dict[str, Any]]]:
    """Report every node that begins; gives dbt's errors with the lines that no event made, and the results."""
    said: list[str] = []
    results: list[dict[str, Any]] = []
    for line in process.stdout or ():
        try:
            event = json.loads(line)
        except ValueError:
            said.append(line.strip())
            continue
        if not isinstance(event, dict):
            said.append(line.strip())
        elif "error" in event:
            said.append(event["error"])
        elif "results" in event:
            results = event["results"]
        elif progress and "index" in event:
            progress(event["name"], event["index"], event["total"])
    return [line for line in said if line], results


def _failure(workspace: Workspace, layer: str | None, results: list[dict[str, Any]], said: list[str]) -> DbtFailed:
    failed = [
        f"{_name(result['unique_id'])}: {_first_lines(result.get('message') or result['status'])}"
        for result in results
        if result["status"] in _FAILED
    ]
    found = "\n".join(failed or said[-8:] or ["dbt ended without a word"])
    is_connection_lost = any(sign in found.lower() for sign in _LOST_CONNECTION)
    kind = DbtLostConnection if is_connection_lost else DbtFailed
    return kind(
        f"dbt build of layer {layer}" if layer else "dbt build",
        found=found,
        expected="every model built and every test passed",
        do=f"read {_log_dir(workspace) / 'dbt.log'} and the compiled SQL under {_target_dir(workspace)}; "
        "the build before stays published",
    )


def _first_lines(message: str) -> str:
    return " ".join(line.strip() for line in message.splitlines()[:3])


def _name(unique_id: str) -> str:
    kind, _, rest = unique_id.partition(".")
    return f"{kind} {rest.partition('.')[2]}"


def _seconds_by_layer(layer: str | None, results: list[dict[str, Any]]) -> dict[str, float]:
    seconds = dict.fromkeys(LAYERS, 0.0)
    folder = _IDENTITY.removeprefix("path:")
    needs = {result["unique_id"]: result["needs"] for result in results}
    identity = {result["unique_id"] for result in results if result["file"].startswith(f"{folder}/")}
    staging = set(identity)
    while parents := {parent for key in staging for parent in needs.get(key, ())} - staging:
        staging |= parents
    for result in results:
        key = result["unique_id"]
        seconds[layer or ("identity" if key in identity else "staging" if key in staging else "marts")] += result[
            "seconds"
        ]
    return seconds


def _drop_tables_without_model(workspace: Workspace) -> None:
    """Drop tables of models that are no longer in the project, and what one model of this run left for the next.

    Publish would go on showing what a mart last held, and an intermediate table would keep people who are erased.
    """
    made = {path.stem for path in (DBT_PROJECT / "models").rglob("*.sql")}
    with connect(workspace) as connection:
        for (name,) in _tables_of_build(connection):
            is_model = name.startswith(PREFIXES) or (name.startswith("int_") and not name.endswith("_state"))
            if is_model and name not in made:
                connection.execute(sql.SQL("drop table {} cascade").format(sql.Identifier("build", name)))


def _tables_of_build(connection: psycopg.Connection) -> Iterator[tuple[str]]:
    yield from connection.execute("select tablename::text from pg_tables where schemaname = 'build'").fetchall()


def _log_dir(workspace: Workspace) -> Path:
    return workspace.logs_dir / "dbt"


def _target_dir(workspace: Workspace) -> Path:
    return _log_dir(workspace) / "target"
