"""dbt in a process that ends together with the one that started it, however that one ends.

A build that was killed must not have a dbt left over that goes on writing into schema build under the next one. The
starter holds the other end of stdin: when it is gone, the read returns.

On stdout stands a JSON object a line: `{"name", "index", "total"}` when a model, seed or test begins, `{"error"}` when
dbt tells of one. dbt would write all of every event there, which is a tenth of its processor time.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any


def _end_with_starter() -> None:
    os.read(0, 1)
    os._exit(1)


def _tell(event: Any) -> None:  # noqa: ANN401 - a protobuf message, whose fields have no types
    """One line of what the starter wants to know; dbt calls this for every event, from each of its threads."""
    if event.info.name == "LogStartLine":
        said = {"name": event.data.node_info.node_name, "index": event.data.index, "total": event.data.total}
    elif event.info.level == "error" and event.info.msg.strip():
        said = {"error": event.info.msg.strip()}
    else:
        return
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run dbt with the arguments of this process; exits with 0 when all went well."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    from dbt.cli.main import dbtRunner

    done = dbtRunner(callbacks=[_tell]).invoke(sys.argv[1:])
    if done.exception is not None:
        sys.stdout.write(f"{done.exception}\n")
    sys.exit(0 if done.success else 1)


if __name__ == "__main__":
    main()
