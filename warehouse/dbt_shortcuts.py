"""What dbt does not do for each node of a run: methods of it that are replaced, by ones that come to the same.

With nodes that move few rows, dbt's own work is most of a run (docs/decisions/0020-what-dbt-does-not-do-each-night.md).
The versions of dbt are pinned; one that has no such method stops here, before it runs anything.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError
from typing import Any


def take_shortcuts(templates: Path) -> None:
    """Replace dbt's methods in this process; `templates` is the folder that the templates stay in."""
    _keep_connections()
    _keep_templates(templates)
    _pass_over_details()
    _look_relations_up()
    _make_once()
    _gather_macros()


def _keep_connections() -> None:
    """Let a node's end roll back what it left open, not close the connection; dbt closes them all at its own end."""
    from dbt.adapters.postgres.connections import PostgresConnectionManager
    from psycopg2 import Error
    from psycopg2.extensions import TRANSACTION_STATUS_IDLE

    connect, close = PostgresConnectionManager.open, PostgresConnectionManager.release

    def open_with_role(connection: Any) -> Any:  # noqa: ANN401
        opened = connect(connection)  # type: ignore[no-untyped-call]
        # dbt takes the role as it connects, in a transaction: a rollback would take it back.
        opened.handle.commit()
        return opened

    def release(manager: PostgresConnectionManager) -> None:
        connection = manager.get_if_exists()
        if connection is None or connection.state != "open":
            close(manager)
            return
        try:
            if connection.handle.info.transaction_status != TRANSACTION_STATUS_IDLE:
                connection.handle.rollback()
        except Error:
            close(manager)
        else:
            connection.transaction_open = False

    PostgresConnectionManager.open = staticmethod(open_with_role)  # type: ignore[method-assign]
    PostgresConnectionManager.release = release  # type: ignore[assignment,method-assign]


def _keep_templates(folder: Path) -> None:
    """Let what Jinja makes of a macro or a model be read from `folder` by the runs that follow.

    It is Python's code, and depends on the text alone (and on who made it: their versions are part of its name). So the
    folder is its owner's alone.
    """
    from dbt_common.clients.jinja import MacroFuzzEnvironment
    from jinja2.bccache import Bucket, FileSystemBytecodeCache

    class Templates(FileSystemBytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            # Of a file that a crash of the machine cut off, nothing is taken.
            with suppress(EOFError, UnpicklingError):
                super().load_bytecode(bucket)

        def dump_bytecode(self, bucket: Bucket) -> None:
            # What cannot be kept, for the folder was just dropped or the disk is full, is made again by the next run.
            with suppress(OSError):
                super().dump_bytecode(bucket)

    makers = "|".join(version(package) for package in ("jinja2", "dbt-common"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = Templates(str(folder))
    make: Any = MacroFuzzEnvironment.compile

    def compile_once(environment: MacroFuzzEnvironment, source: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if args or kwargs or not isinstance(source, str):
            return make(environment, source, *args, **kwargs)
        bucket = kept.get_bucket(environment, source, f"{type(environment).__name__}|{makers}", source)
        if bucket.code is None:
            bucket.code = make(environment, source)
            kept.set_bucket(bucket)
        return bucket.code

    MacroFuzzEnvironment.compile = compile_once  # type: ignore[assignment,method-assign]


def _pass_over_details() -> None:
    """Make an event of level debug, some thirty a node, only where a logger writes it."""
    from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
    from dbt_common.events.event_manager import EventManager

    make, tell = BaseEvent.__init__, EventManager.fire_event

    def note(event: DebugLevel, *args: Any, **fields: Any) -> None:  # noqa: ANN401
        vars(event)["noted"] = args, fields

    def tell_what_is_heard(
        manager: EventManager,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,  # noqa: ANN401
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if "noted" in vars(e):
            is_detail = level in (None, EventLevel.DEBUG) and not force_warn_or_error_handling
            if is_detail and all(logger.level != EventLevel.DEBUG for logger in manager.loggers):
                return
            args, fields = vars(e).pop("noted")
            make(e, *args, **fields)
        tell(manager, e, level, node, force_warn_or_error_handling)

    DebugLevel.__init__ = note  # type: ignore[assignment,method-assign]
    EventManager.fire_event = tell_what_is_heard  # type: ignore[assignment,method-assign]


def _look_relations_up() -> None:
    """Find a relation in dbt's cache by its name, where dbt goes through all of them."""
    from dbt.adapters.postgres.impl import PostgresAdapter
    from dbt.adapters.reference_keys import _ReferenceKey, lowercase

    ask = PostgresAdapter.get_relation

    def get_relation(adapter: PostgresAdapter, database: str, schema: str, identifier: str) -> Any:  # noqa: ANN401
        if (database, schema) not in adapter.cache:
            return ask(adapter, database, schema, identifier)
        held = adapter.cache.relations.get(_ReferenceKey(*map(lowercase, (database, schema, identifier))))
        return next(iter(adapter._make_match([held.inner], database, schema, identifier)), None) if held else None

    PostgresAdapter.get_relation = get_relation  # type: ignore[method-assign]


def _make_once() -> None:
    """Make what is the same for every template, or every statement without rows, once for all of them."""
    from dbt_common.clients import agate_helper, jinja

    make = jinja.get_environment
    plain, evaluating = make(), make(native=True)

    def get_environment(node: Any = None, capture_macros: bool = False, native: bool = False) -> Any:  # noqa: ANN401
        # Only the one that captures macros has to do with the node.
        if capture_macros:
            return make(node, capture_macros, native)
        return evaluating if native else plain

    jinja.get_environment = get_environment
    agate_helper.empty_table = cache(agate_helper.empty_table)


def _gather_macros() -> None:
    """Give a node the macros that it can call package by package; dbt adds and finds each of some 800 by itself."""
    from dbt.clients.jinja import MacroGenerator
    from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder

    class Gathered(dict[str, Any], MacroNamespace):
        def __init__(self, **namespaces: dict[str, Any]) -> None:
            MacroNamespace.__init__(self, **namespaces)
            for macros in reversed(list(self._search_order())):
                self.update(macros)

    def build_namespace(
        builder: MacroNamespaceBuilder, macros_by_package: dict[str, dict[str, Any]], ctx: dict[str, Any]
    ) -> MacroNamespace:
        made = {
            package: {
                name: MacroGenerator(macro, ctx, builder.node, builder.thread_ctx) for name, macro in macros.items()
            }
            for package, macros in macros_by_package.items()
        }
        of_dbt: dict[str, Any] = {}
        for package in reversed(builder.internal_package_names_order):
            of_dbt |= made.get(package, {})
        of_projects = {package: made[package] for package in made if package not in builder.internal_package_names}
        return Gathered(
            global_namespace=of_projects.get(builder.root_package, {}),
            local_namespace=of_projects.get(builder.search_package, {}),
            global_project_namespace=of_dbt,
            packages=of_projects,
        )

    MacroNamespaceBuilder.build_namespace = build_namespace  # type: ignore[assignment,method-assign]
