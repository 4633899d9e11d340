"""What `make install` does with the Pythons it finds."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from warehouse.settings import PROJECT_ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project with nothing to install, so that only the choice of Python is tried."""
    clone = tmp_path / "a clone"
    clone.mkdir()
    shutil.copyfile(PROJECT_ROOT / "Makefile", clone / "Makefile")
    (clone / "requirements.lock").write_text("")
    return clone


def _python(folder: Path, name: str, *, is_3_11: bool) -> None:
    """A program of this name that answers the Makefile's question as that Python would, and makes an empty .venv."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    answers = f'-c*) exit {0 if is_3_11 else 1};; *venv) mkdir -p .venv/bin; cp "$0" .venv/bin/python;;'
    program.write_text(f'#!/bin/sh\necho "{name} $@" >> "$LOG"\ncase "$1 $2" in {answers} esac\n')
    program.chmod(0o755)


def _make(clone: Path, programs: Path) -> subprocess.CompletedProcess[str]:
    for tool in ("make", "mkdir", "cp", "touch", "sh", "echo"):
        found = shutil.which(tool)
        assert found is not None
        (programs / tool).symlink_to(found)
    environment = {"PATH": str(programs), "LOG": str(clone / "calls")}
    return subprocess.run(
        ["make", ".venv/.locked"], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def test_another_python_is_refused_with_a_sentence(clone, tmp_path):
    _python(tmp_path / "programs", "python3", is_3_11=False)
    done = _make(clone, tmp_path / "programs")
    assert done.returncode != 0
    assert "Dealer360 needs Python 3.11" in done.stderr
    assert not (clone / ".venv").exists()


def test_python3_is_taken_when_it_is_3_11(clone, tmp_path):
    _python(tmp_path / "programs", "python3", is_3_11=True)
    done = _make(clone, tmp_path / "programs")
    assert done.returncode == 0, done.stderr
    assert "python3 -m venv --clear .venv" in (clone / "calls").read_text()
    assert (clone / ".venv/.locked").exists()


def test_python3_11_goes_before_another_python3(clone, tmp_path):
    _python(tmp_path / "programs", "python3", is_3_11=False)
    _python(tmp_path / "programs", "python3.11", is_3_11=True)
    assert _make(clone, tmp_path / "programs").returncode == 0
    assert "python3.11 -m venv" in (clone / "calls").read_text()


def test_the_lock_pins_everything_by_hash_and_names_no_index():
    lines = (PROJECT_ROOT / "requirements.lock").read_text().splitlines()
    requirements = [line for line in lines if line and line[0] not in " #"]
    assert all("==" in line for line in requirements)
    assert not [line for line in lines if "index-url" in line or "://" in line]
    blocks = "\n".join(lines).split("\n" + requirements[1].split("==")[0])[0]
    assert "--hash=sha256:" in blocks


def test_ci_fails_when_a_part_fails(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(PROJECT_ROOT / ".ci/run", tmp_path / ".ci/run")
    for parts, code in (
        ({"test": "true", "lint": "true"}, 0),
        ({"test": "false", "lint": "true"}, 2),
        ({"test": "true", "lint": "false"}, 2),
    ):
        (tmp_path / "Makefile").write_text("".join(f"{name}:\n\t@{does}\n" for name, does in parts.items()))
        done = subprocess.run([tmp_path / ".ci/run"], env={"PATH": os.environ["PATH"]}, check=False)
        assert done.returncode == code
