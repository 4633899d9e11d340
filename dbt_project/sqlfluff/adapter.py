"""What sqlfluff needs to render our macros as dbt does: `adapter.dispatch`, for the engine that its config names."""

from collections.abc import Callable, Iterable

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context


def _letters_replaced(expression: str, replacements: Iterable[tuple[str, str]]) -> str:
    """One call in place of some sixty, each within the next: the linter's parser recurses into every one of them."""
    return f"replace({expression}, 'a', 'b')"


FLATTENED: dict[str, Callable[..., str]] = {"letters_replaced": _letters_replaced}
"""Macros whose SQL is nested deeper than the linter's stack, in the flat form that it reads instead."""


@pass_context
def dispatch(context: Context, macro_name: str, macro_namespace: str | None = None) -> Callable[..., str]:
    """The macro `<sql_engine>__<name>`, else `default__<name>`, of those that the calling file and its context know."""
    if macro_name in FLATTENED:
        return FLATTENED[macro_name]
    engine = context.resolve("sql_engine")
    for prefix in (engine, "default"):
        macro = context.resolve(f"{prefix}__{macro_name}")
        if not isinstance(macro, Undefined):
            return macro
    raise LookupError(f"no macro {engine}__{macro_name} or default__{macro_name}")
