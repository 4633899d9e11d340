"""dbt in a process that ends together with the one that started it, however that one ends.

A build that was killed must not have a dbt left over that goes on writing into schema build under the next one. The
starter holds the other end of stdin: when it is gone, the read returns.
"""

from __future__ import annotations

import os
import threading


def _end_with_starter() -> None:
    os.read(0, 1)
    os._exit(1)


def main() -> None:
    """Run dbt with the arguments of this process; exits with dbt's exit code."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
