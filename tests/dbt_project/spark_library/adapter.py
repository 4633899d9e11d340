"""What sqlfluff needs to render our macros as dbt does for Spark: `adapter.dispatch`."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, macro_name: str, macro_namespace: str | None = None) -> Callable[..., str]:
    """The macro `spark__<name>`, else `default__<name>`, of those that the calling file and its context know."""
    for prefix in ("spark", "default"):
        macro = context.resolve(f"{prefix}__{macro_name}")
        if not isinstance(macro, Undefined):
            return macro
    raise LookupError(f"no macro spark__{macro_name} or default__{macro_name}")
