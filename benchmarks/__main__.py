"""`make bench` runs every benchmark, `make bench-<name>` one; the report goes to stdout as Markdown.

`make bench-identity-850000` is one size of `make bench-identity`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from benchmarks import identity, loading, second_run
from benchmarks.report import machine

BENCHMARKS: dict[str, Callable[[], str]] = {
    "load": loading.measure,
    "run": second_run.measure,
    "identity": identity.measure,
    "labelled": identity.measure_labelled,
}
PARTS: dict[str, Callable[[], str]] = {
    f"identity-{size}": partial(identity.measure, [size]) for size in (*identity.SIZES, identity.LARGEST)
}


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all; returns the exit code: 2 for a name that there is not."""
    there_are = BENCHMARKS | PARTS
    unknown = [name for name in names if name not in there_are]
    if unknown:
        sys.stderr.write(f"No benchmark is called {', '.join(unknown)}; there are: {', '.join(there_are)}.\n")
        return 2
    sys.stdout.write(machine() + "\n")
    for name in names or BENCHMARKS:
        sys.stdout.write("\n" + there_are[name]() + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
