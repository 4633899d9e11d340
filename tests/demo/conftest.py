"""One small group and one of a size at which rates can be judged, made once for all tests of the demo."""

from pathlib import Path

import pytest

from demo.generate import DemoGroup, generate
from demo.rows import Row


@pytest.fixture(scope="session")
def small_group(tmp_path_factory: pytest.TempPathFactory) -> DemoGroup:
    return generate(tmp_path_factory.mktemp("demo") / "small", customers=300, seed=1)


@pytest.fixture(scope="session")
def large_group(tmp_path_factory: pytest.TempPathFactory) -> DemoGroup:
    return generate(tmp_path_factory.mktemp("demo") / "large", customers=2000, seed=2)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def rows_of(group: DemoGroup, entity: str) -> list[Row]:
    found = [row for delivery in group.deliveries for row in delivery.rows if row.entity == entity and not row.spoiled]
    assert found
    return found
