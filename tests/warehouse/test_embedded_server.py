"""The embedded server, as the user of the tests, and as others when the tests run as root."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from warehouse.embedded_server import DataOfAnotherUser, EmbeddedServer, ServerDidNotStart
from warehouse.settings import PROJECT_ROOT, Workspace

DEALER360 = PROJECT_ROOT / ".venv/bin/dealer360"
IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can try what happens to root and to other users")

START = """
import sys
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import find_workspace
server = EmbeddedServer(find_workspace(sys.argv[1]))
server.start()
print(server.url())
"""


def _start_as_command(root: Path, environment: dict[str, str] | None = None, **options: object) -> str:
    """Start the server of a workspace in a process of its own, with nothing in its environment; gives the URL."""
    done = subprocess.run(
        [sys.executable, "-c", START, str(root)],
        env={} if environment is None else environment,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _answer(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(Workspace(tmp_path / "a work space"))
    yield server
    server.stop()


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own are the user's alone."""
    folder = Path(mkdtemp(prefix="dealer360-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def python_for_everyone() -> None:
    """Skips where the Python of the tests, or the project itself, lies in a folder that only root may enter."""
    try:
        subprocess.run(
            [sys.executable, "-c", "import warehouse.embedded_server"],
            cwd=PROJECT_ROOT,
            env={},
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            check=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"another user may not run {Path(sys.executable).resolve()} or read {PROJECT_ROOT}")


def test_it_starts_with_an_empty_environment_in_a_path_with_spaces_and_knows_every_letter(server):
    url = _start_as_command(server.workspace.root)
    assert _answer(url, "select lower('Ё') || current_setting('server_encoding')") == "ёUTF8"
    words = "select array_agg(word order by word) from unnest(array['а', 'Б', 'B', 'a']) as word"
    assert _answer(url, words) == ["B", "a", "Б", "а"]


def test_it_goes_on_running_after_the_command_that_started_it_and_starting_again_changes_nothing(server):
    url = _start_as_command(server.workspace.root)
    pid = server.status().pid
    assert pid is not None
    server.start()
    assert server.status().pid == pid
    assert server.url() == url


def test_it_listens_on_127_0_0_1_alone_and_asks_for_a_password(server):
    server.start()
    socket_folder, listens_on = (server.workspace.postgres_dir / "data/postmaster.pid").read_text().splitlines()[4:6]
    assert (socket_folder, listens_on) == ("", "127.0.0.1")
    for url in (
        server.url().replace("postgresql://dealer360_owner:", "postgresql://dealer360_owner:x"),
        f"postgresql://postgres:postgres@127.0.0.1:{server.status().port}/postgres",
    ):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)


def test_only_its_user_can_read_the_passwords_and_the_data(server):
    server.start()
    assert stat.S_IMODE((server.workspace.postgres_dir / "passwords.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((server.workspace.postgres_dir / "data").stat().st_mode) == 0o700
    assert not list(server.workspace.postgres_dir.glob("superuser_password"))


@pytest.mark.parametrize("role", ["dealer360_owner", "dealer360_bi", "dealer360_head_office"])
def test_each_role_has_a_url_of_its_own(server, role):
    server.start()
    assert _answer(server.url(role), "select current_user") == role


def test_no_role_that_can_log_in_is_a_superuser_but_the_one_whose_password_nobody_knows(server):
    server.start()
    question = "select array_agg(rolname) from pg_roles where rolsuper"
    assert _answer(server.url(), question) == ["postgres"]


def test_data_and_url_survive_a_stop(server):
    server.start()
    url = server.url()
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 1 as one")
    assert server.stop()
    assert not server.status().is_running
    server.start()
    assert server.url() == url
    assert _answer(url, "select one from kept") == 1


def test_stopping_breaks_off_open_connections(server):
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        assert server.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert server.stop() is False


def test_what_was_committed_survives_a_kill(server):
    server.start()
    with psycopg.connect(server.url()) as connection:
        connection.execute("create table kept as select 1 as one")
    busy = psycopg.connect(server.url(), autocommit=True)
    # A backend in the middle of its work outlives its postmaster for a while; nothing may start beside it.
    worker = threading.Thread(target=_run_until_it_is_cut, args=(busy,))
    worker.start()
    _kill(server.status().pid)
    server.start()
    worker.join(timeout=60)
    assert not worker.is_alive()
    assert _answer(server.url(), "select one from kept") == 1


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while _is_alive(pid):
        time.sleep(0.01)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def _run_until_it_is_cut(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select count(*) from generate_series(1, 100000000), pg_sleep(5)")


def test_a_pid_file_whose_number_another_program_carries_now_is_stale(server):
    server.start()
    pid_file = server.workspace.postgres_dir / "data/postmaster.pid"
    server_pid = server.status().pid
    lines = pid_file.read_text().splitlines()
    _kill(server_pid)
    with subprocess.Popen(["sleep", "60"]) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert not server.status().is_running
        server.start()
        assert server.status().pid not in (None, server_pid, other.pid)
        assert other.poll() is None
        other.terminate()


def test_many_commands_at_once_start_one_server(server):
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(server.workspace.root)],
            cwd=PROJECT_ROOT,
            env={},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    urls = {command.communicate()[0].strip() for command in commands}
    assert [command.returncode for command in commands] == [0, 0, 0, 0]
    assert urls == {server.url()}


def test_a_starter_killed_on_its_way_leaves_nothing_that_hinders_the_next(server):
    command = subprocess.Popen([sys.executable, "-c", START, str(server.workspace.root)], cwd=PROJECT_ROOT, env={})
    while not (server.workspace.postgres_dir / "data.incomplete").exists():
        assert command.poll() is None
        time.sleep(0.005)
    command.kill()
    command.wait()
    server.start()
    assert _answer(server.url(), "select current_user") == "dealer360_owner"


def test_a_taken_port_is_given_up_for_another(server):
    server.start()
    port = server.status().port
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        server.start()
        assert server.status().port != port
        assert _answer(server.url(), "select 1") == 1


def test_a_copied_workspace_gets_a_server_of_its_own(server, tmp_path):
    server.start()
    shutil.copytree(server.workspace.root, tmp_path / "copy")
    copy = EmbeddedServer(Workspace(tmp_path / "copy"))
    try:
        copy.start()
        assert copy.status().pid != server.status().pid
        assert copy.status().port != server.status().port
    finally:
        copy.stop()
    assert server.status().is_running


def test_a_failed_statement_leaves_none_of_its_values_in_the_log(server):
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table people (name text primary key)")
        for statement in ("select 'Ivanova'::integer", "insert into people values ('Ivanova'), ('Ivanova')"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
    log = server.status().log_file.read_text()
    assert "ready to accept connections" in log
    assert "Ivanova" not in log


def test_a_server_that_cannot_start_says_why_and_loses_nothing(server):
    server.start()
    server.stop()
    control = server.workspace.postgres_dir / "data/global/pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"")
    with pytest.raises(ServerDidNotStart) as error:
        server.start()
    assert "pg_control" in error.value.found
    control.write_bytes(kept)
    server.start()


def test_removing_leaves_nothing_of_the_server(server):
    before = set(Path("/var/tmp").glob("dealer360-*"))
    server.start()
    (server.workspace.root / "group.yml").touch()
    server.remove()
    left = sorted(path.name for path in server.workspace.root.rglob("*"))
    assert left == ["group.yml", "logs"]
    assert set(Path("/var/tmp").glob("dealer360-*")) == before
    assert server.remove() == []


def test_asking_about_a_server_that_was_never_made_makes_nothing(server):
    assert not server.status().is_created
    assert server.stop() is False
    assert server.remove() == []
    assert not server.workspace.root.exists()


# Root and other users


@needs_root
@pytest.mark.usefixtures("python_for_everyone")
def test_a_user_without_rights_runs_a_server_of_his_own_which_root_may_use(reachable_folder):
    nobody = pwd.getpwnam("nobody")
    os.chown(reachable_folder, nobody.pw_uid, nobody.pw_gid)
    root = reachable_folder / "workspace"
    url = _start_as_command(root, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    assert _answer(url, "select 1") == 1
    server = EmbeddedServer(Workspace(root))
    assert {path.stat().st_uid for path in root.rglob("*")} == {nobody.pw_uid}
    server.stop()
    server.start()
    assert {path.stat().st_uid for path in (root / "postgres/data/base").rglob("*")} == {nobody.pw_uid}
    server.remove()


@needs_root
@pytest.mark.usefixtures("python_for_everyone")
def test_a_user_who_is_in_no_list_of_users_runs_a_server(reachable_folder):
    os.chown(reachable_folder, 54321, 54321)
    root = reachable_folder / "workspace"
    assert _answer(_start_as_command(root, user=54321, group=54321, extra_groups=[]), "select 1") == 1
    EmbeddedServer(Workspace(root)).stop()


@needs_root
def test_another_users_server_is_refused_with_a_reason(reachable_folder):
    server = EmbeddedServer(Workspace(reachable_folder / "workspace"))
    server.start()
    server.stop()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            server.start()
        except DataOfAnotherUser:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@pytest.fixture
def no_namespaces(reachable_folder: Path) -> dict[str, str]:
    """An environment in which no user namespace can be made: no program `unshare` on PATH."""
    programs = reachable_folder / "programs"
    programs.mkdir()
    for name in ("test", "true"):
        (programs / name).symlink_to(shutil.which(name))
    return {"PATH": str(programs)}


@needs_root
def test_root_without_user_namespaces_keeps_the_data_in_the_workspace_when_a_user_can_reach_it(
    reachable_folder, no_namespaces
):
    server = EmbeddedServer(Workspace(reachable_folder / "workspace"))
    try:
        assert _answer(_start_as_command(server.workspace.root, no_namespaces), "select 1") == 1
        assert server.status().data_dir == server.workspace.postgres_dir / "data"
        assert server.status().data_dir.stat().st_uid != 0
        assert (server.workspace.postgres_dir / "passwords.json").stat().st_uid == 0
    finally:
        server.remove()


@needs_root
def test_root_without_user_namespaces_in_a_closed_folder_uses_another_one_and_removes_it(server, no_namespaces):
    try:
        assert _answer(_start_as_command(server.workspace.root, no_namespaces), "select 1") == 1
        elsewhere = server.status().data_dir.parent
        assert elsewhere.parent == Path("/var/tmp")
    finally:
        removed = server.remove()
    assert elsewhere in removed
    assert not elsewhere.exists()
    assert not server.workspace.postgres_dir.exists()


@needs_root
def test_a_server_made_in_a_user_namespace_runs_on_where_there_are_none(reachable_folder, no_namespaces):
    server = EmbeddedServer(Workspace(reachable_folder / "workspace"))
    try:
        server.start()
        server.stop()
        assert _answer(_start_as_command(server.workspace.root, no_namespaces), "select 1") == 1
    finally:
        server.remove()
