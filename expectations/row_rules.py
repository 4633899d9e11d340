"""An expectation that Great Expectations lacks: every row of the table satisfies a condition over several columns."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.id_dict import IDDict
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
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
        And it would write down all settings of the rule some forty times: where counts alone are asked for, as of
        every rule of every batch, they are taken as they are.
        """
        result_format = parse_result_format((runtime_configuration or {}).get("result_format") or "BASIC")
        if (result_format["result_format"], result_format["partial_unexpected_count"]) != ("BASIC", 0):
            return super().get_validation_dependencies(execution_engine, runtime_configuration, **kwargs)
        dependencies = ValidationDependencies(result_format=result_format)
        for name in (
            "column_values.nonnull.unexpected_count",
            f"{self.map_metric}.unexpected_count",
            "table.row_count",
        ):
            keys = get_metric_kwargs(name)
            metric = MetricConfiguration(
                name,
                metric_domain_kwargs=IDDict({key: getattr(self, key, None) for key in keys["metric_domain_keys"]}),
                metric_value_kwargs=IDDict({key: getattr(self, key, None) for key in keys["metric_value_keys"]}),
            )
            dependencies.set_metric_configuration(name, metric)
        return dependencies
