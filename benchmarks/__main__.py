"""`make bench` runs every benchmark, `make bench-<name>` one; the report goes to stdout as Markdown."""

from __future__ import annotations

import sys

from benchmarks import identity, loading, second_run
from benchmarks.report import machine

BENCHMARKS = {
    "load": loading.measure,
    "run": second_run.measure,
    "identity": identity.measure,
    "labelled": identity.measure_labelled,
}


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all; returns the exit code: 2 for a name that there is not."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"No benchmark is called {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}.\n")
        return 2
    sys.stdout.write(machine() + "\n")
    for name in names or BENCHMARKS:
        sys.stdout.write("\n" + BENCHMARKS[name]() + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
