"""Commands of ours run as a user runs them, with their time and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("dealer360")


@dataclass(frozen=True)
class Measured:
    """Wall seconds, and the largest resident size of the process itself in MiB."""

    seconds: float
    peak_mib: float


def dealer360(workspace: Path, *arguments: str) -> Measured:
    """Run `dealer360 --workspace workspace …`.

    Raises:
        RuntimeError: it ended with another exit code than 0 or 1; its last lines are in the message.
    """
    log = workspace / "benchmark.log"
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(COMMAND), "--workspace", str(workspace), *arguments], stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise RuntimeError(f"dealer360 {' '.join(arguments)} failed:\n{tail}")
    return Measured(seconds=seconds, peak_mib=usage.ru_maxrss / 1024)
