"""Commands of ours run as a user runs them, with their time and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

COMMAND = Path(sys.executable).with_name("dealer360")
OTHERS = Path(__file__).parent.parent / ".venv-benchmarks" / "bin" / "python"
"""Python with what the benchmarks compare with; `make` makes it."""

NO_TELEMETRY = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Measured:
    """Wall seconds, the largest resident size of the process itself in MiB, and what it wrote to stdout."""

    seconds: float
    peak_mib: float
    output: str = ""


def dealer360(workspace: Path, *arguments: str) -> Measured:
    """Run `dealer360 --workspace workspace …`.

    Raises:
        RuntimeError: it ended with another exit code than 0 or 1; its last lines are in the message.
    """
    return _measured([str(COMMAND), "--workspace", str(workspace), *arguments], good=(0, 1))


def python(module: str, *arguments: str) -> Measured:
    """Run `python -m module …` of this environment.

    Raises:
        RuntimeError: it failed; its last lines are in the message.
    """
    return _measured([sys.executable, "-m", module, *arguments], good=(0,))


def other_python(script: str, *arguments: str, environment: dict[str, str]) -> Measured:
    """Run a script of this folder with the Python of the benchmarks' own environment.

    Raises:
        RuntimeError: it failed; its last lines are in the message.
    """
    path = str(Path(__file__).with_name(script))
    return _measured([str(OTHERS), path, *arguments], good=(0,), environment=NO_TELEMETRY | environment)


def _measured(command: list[str], good: tuple[int, ...], environment: dict[str, str] | None = None) -> Measured:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=os.environ | (environment or {}))
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        said = [_text_of(stream) for stream in (output, errors)]
    if os.waitstatus_to_exitcode(status) not in good:
        tail = "\n".join("\n".join(said).splitlines()[-20:])
        raise RuntimeError(f"{' '.join(command)} failed:\n{tail}")
    return Measured(seconds=seconds, peak_mib=usage.ru_maxrss / 1024, output=said[0])


def _text_of(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")
