"""An expectation that Great Expectations lacks: every row of the table satisfies a condition over several columns."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.validator.validator import ValidationDependencies

ROW_NUMBER_COLUMN = "_source_row"


class RowsSatisfying(ColumnMapMetricProvider):
    """The metric behind ExpectRowsToSatisfy: a condition that is null for a row is satisfied."""

    condition_metric_name = "rows.satisfying"
    condition_value_keys = ("condition",)

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, column: object, condition: str, **kwargs: object) -> object:  # noqa: N805
        return sa.literal_column(f"(({condition}) is not false)")


class ExpectRowsToSatisfy(ColumnMapExpectation):
    """Every row satisfies `condition`, an SQL expression over the columns of the judged table.

    The expectation is hung on the row number, which is never null: all such rules of a suite, whatever columns they
    speak of, are counted in one query, and what is unexpected is told by its row number alone, never by a value.
    """

    column: str = ROW_NUMBER_COLUMN
    condition: str

    map_metric: ClassVar[str] = "rows.satisfying"
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "mostly")

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
        **kwargs: dict[str, Any],
    ) -> ValidationDependencies:
        """What has to be known to judge the rule: the counts, and the rows when they are asked for.

        Great Expectations would also ask, in a query for each rule, for examples of what is unexpected: none is shown.
        """
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration, **kwargs)
        if dependencies.result_format.get("partial_unexpected_count") == 0:
            dependencies.remove_metric_configuration(f"{self.map_metric}.unexpected_values")
        return dependencies
