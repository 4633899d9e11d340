"""The dealer that most tests of loading begin with."""

from __future__ import annotations

import pytest

from tests.ingestion.deliveries import write_group, write_sales_dealer
from warehouse.settings import Workspace


@pytest.fixture
def sales_dealer(workspace: Workspace) -> None:
    """The test's workspace has one dealer, d01, that sends the whole of its sales each day."""
    write_group(workspace)
    write_sales_dealer(workspace)
