"""Great Expectations at work: one table judged by one suite, in a context that lives in memory only."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import Expectation
from psycopg.conninfo import conninfo_to_dict

from expectations.row_rules import ROW_NUMBER_COLUMN
from warehouse.database import is_connection_lost
from warehouse.errors import Dealer360Error

OWNER_OPTIONS = "-c role=dealer360_owner -c jit=off"  # compiling a hundred aggregates takes longer than running them


class RuleCannotBeJudged(Dealer360Error):
    """Great Expectations could not tell whether a rule holds; nothing may pass a gate unjudged."""


class GateInterrupted(Dealer360Error):
    """The connection to the database was lost while a gate judged; the same call may succeed on another one."""

    is_transient = True


@dataclass(frozen=True)
class Count:
    """What a rule found: whether it holds, and how many of the elements it looked at break it."""

    meta: dict[str, Any]
    sentence: str
    is_success: bool
    unexpected_count: int
    element_count: int
    observed: str | None


@contextmanager
def tables_of(database_url: str) -> Iterator[Callable[[str], Batch]]:
    """A function that gives a table `schema.name` as a batch of Great Expectations, read over TCP as dealer360_owner.

    Nothing is written, neither to the database nor to disk, and the connections are closed at the end.

    Raises:
        GateInterrupted: a connection was lost within the block, whatever Great Expectations made of that.
    """
    lost: list[BaseException] = []

    def note_if_lost(context: sa.ExceptionContext) -> None:
        if context.is_disconnect or is_connection_lost(context.original_exception):
            lost.append(context.original_exception)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_postgres("warehouse", connection_string=sqlalchemy_url(database_url))
        engines: list[SqlAlchemyExecutionEngine] = []

        def table_as_batch(table: str) -> Batch:
            schema, _, name = table.partition(".")
            asset = source.add_table_asset(name, table_name=name, schema_name=schema)
            batch = asset.add_batch_definition_whole_table("whole").get_batch()
            engines.append(batch.data.execution_engine)
            return batch

        sa.event.listen(sa.Engine, "handle_error", note_if_lost)
        try:
            yield table_as_batch
        except Exception as error:
            if not lost:
                raise
            raise GateInterrupted(
                "the gate's connection to the warehouse",
                found=str(lost[0]).strip().partition("\n")[0],
                expected="a connection that lasts until every rule is judged",
                do="run the same command again; nothing was loaded or published",
            ) from error
        finally:
            sa.event.remove(sa.Engine, "handle_error", note_if_lost)
            for engine in engines:
                engine.close()
            source.get_engine().dispose()


def count_unexpected(batch: Batch, suite: gx.ExpectationSuite) -> list[Count]:
    """What every rule of the suite found, in the suite's order; one validation, so that counts are taken together.

    Raises:
        RuleCannotBeJudged: the table has no such column, or the condition cannot be evaluated.
    """
    # No values are asked for: a million bad cells would be a million objects.
    result = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    counts = {}
    for one in result.results:
        meta = _meta_of(one)
        counts[meta["rule"], meta["column"]] = _count(suite.name, meta, one)
    return [counts[meta["rule"], meta["column"]] for meta in map(_meta, suite.expectations)]


def unexpected_rows(batch: Batch, expectation: Expectation, *, expected_count: int, row_count: int) -> tuple[int, ...]:
    """`_source_row` of every row that breaks the rule.

    Args:
        batch: the judged table.
        expectation: a rule about single rows.
        expected_count: how many rows the rule was counted to break.
        row_count: rows of the table; Great Expectations cuts its lists at a limit that must be raised to this.

    Raises:
        RuleCannotBeJudged: the list is not as long as the count.
    """
    result = batch.validate(
        expectation,
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [ROW_NUMBER_COLUMN],
            "partial_unexpected_count": row_count,
            "return_unexpected_index_query": False,
        },
    )
    meta = _meta_of(result)
    _require_no_exception("rows to quarantine", meta, result)
    rows = tuple(sorted(int(entry[ROW_NUMBER_COLUMN]) for entry in result.result.get("unexpected_index_list") or ()))
    if len(rows) != expected_count or len(set(rows)) != expected_count:
        raise RuleCannotBeJudged(
            f"rows to quarantine by {_name_of(meta)}",
            found=f"{len(set(rows))} row numbers",
            expected=f"{expected_count}, as many as rows were counted",
            do="report this with the batch; nothing of it was loaded",
        )
    return rows


def sqlalchemy_url(database_url: str) -> str:
    """The URL by which SQLAlchemy reaches the same database with psycopg, as dealer360_owner."""
    parts = conninfo_to_dict(database_url)
    query = {
        key: str(value) for key, value in parts.items() if key not in {"user", "password", "host", "port", "dbname"}
    }
    query["application_name"] = "dealer360"
    query["options"] = f"{parts['options']} {OWNER_OPTIONS}" if parts.get("options") else OWNER_OPTIONS
    host = str(parts.get("host") or "localhost")
    if host.startswith("/"):
        # Great Expectations takes no URL without a host name; psycopg takes the folder of the socket from the query.
        query["host"], host = host, "localhost"
    url = sa.URL.create(
        "postgresql+psycopg",
        username=None if parts.get("user") is None else str(parts["user"]),
        password=None if parts.get("password") is None else str(parts["password"]),
        host=host,
        port=int(parts.get("port") or 5432),
        database=None if parts.get("dbname") is None else str(parts["dbname"]),
        query=query,
    )
    # Great Expectations would take a dollar sign for the name of a variable.
    return url.render_as_string(hide_password=False).replace("$", "%24")


def _meta(expectation: Expectation) -> dict[str, Any]:
    return dict(expectation.meta or {})


def _meta_of(result: ExpectationValidationResult) -> dict[str, Any]:
    configuration = result.expectation_config
    return dict(configuration.meta or {}) if configuration else {}


def _name_of(meta: dict[str, Any]) -> str:
    return f"{meta['rule']} ({meta['column']})" if meta.get("column") else str(meta["rule"])


def _require_no_exception(where: str, meta: dict[str, Any], result: ExpectationValidationResult) -> None:
    message = _exception_message(result.exception_info)
    if message is not None:
        raise RuleCannotBeJudged(
            f"{where}, rule {_name_of(meta)}",
            found=message,
            expected="a table with every column of the contract, typed, and its flags",
            do="compare the table with the contract; nothing was loaded or published",
        )


def _exception_message(info: Any) -> str | None:  # noqa: ANN401 - one dict, or one per failed metric
    if not info:
        return None
    if "raised_exception" in info:
        return str(info.get("exception_message")) if info["raised_exception"] else None
    return next(filter(None, map(_exception_message, info.values())), None)


def _count(suite_name: str, meta: dict[str, Any], result: ExpectationValidationResult) -> Count:
    _require_no_exception(suite_name, meta, result)
    configuration = result.expectation_config
    if configuration is None or not configuration.description:
        raise ValueError(f"{suite_name}: rule {_name_of(meta)} has no sentence")
    found = result.result
    observed = found.get("observed_value")
    return Count(
        meta=meta,
        sentence=str(configuration.description),
        is_success=bool(result.success),
        unexpected_count=int(found.get("unexpected_count") or 0),
        element_count=int(found.get("element_count") or 0),
        observed=None if observed is None else str(observed),
    )
