from __future__ import annotations

from pathlib import Path

import pytest

from dags._build_steps import build_time
from warehouse.settings import Workspace


@pytest.mark.parametrize(
    ("group", "cron", "time_zone"),
    [
        pytest.param(
            'time_zone: Europe/Moscow\nbuild_by: "04:05"\n', "5 4 * * *", "Europe/Moscow", id="as the group says"
        ),
        pytest.param(
            "time_zone: Asia/Yekaterinburg\n", "30 5 * * *", "Asia/Yekaterinburg", id="half past five at home"
        ),
        pytest.param(None, "30 5 * * *", "UTC", id="without a workspace"),
    ],
)
def test_the_build_starts_at_the_latest_at_the_groups_hour(
    tmp_path: Path, group: str | None, cron: str, time_zone: str
) -> None:
    workspace = Workspace(tmp_path)
    if group is not None:
        workspace.group_file.write_text(group, encoding="utf-8")
    found = build_time(workspace)
    assert (found.expression, str(found.timezone)) == (cron, time_zone)
