"""Where a deployment's files are, and the switches that every entry point shares."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds the code, dbt_project/ and pyproject.toml."""

TELEMETRY_OFF = {
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "False",
    "SCARF_ANALYTICS": "False",
}
"""Environment that keeps the libraries from phoning home."""

os.environ.update(TELEMETRY_OFF)


@dataclass(frozen=True)
class Workspace:
    """One deployment's folder: its settings, its files, and its embedded server. `root` is absolute.

    The properties name where things belong; nothing is made before it is needed.
    """

    root: Path

    @property
    def group_file(self) -> Path:
        """group.yml: name, time zone, currency and thresholds of the dealer group."""
        return self.root / "group.yml"

    @property
    def dealers_dir(self) -> Path:
        """One YAML per dealer centre."""
        return self.root / "dealers"

    @property
    def landing_dir(self) -> Path:
        """Where files arrive."""
        return self.root / "landing"

    @property
    def archive_dir(self) -> Path:
        """What was loaded, as it came, by batch."""
        return self.root / "archive"

    @property
    def identity_dir(self) -> Path:
        """Trained match models, one file a version."""
        return self.root / "identity"

    @property
    def postgres_dir(self) -> Path:
        """The embedded server's data and passwords."""
        return self.root / "postgres"

    @property
    def quality_docs_dir(self) -> Path:
        """The gates' reports, one HTML page a run."""
        return self.root / "quality_docs"

    @property
    def logs_dir(self) -> Path:
        """Logs of the server, of dbt and of Airflow."""
        return self.root / "logs"

    @property
    def exports_dir(self) -> Path:
        """Files that commands write for people."""
        return self.root / "exports"


def find_workspace(explicit: str | Path | None = None) -> Workspace:
    """The workspace to work in: `explicit`, else DEALER360_WORKSPACE, else `./workspace`. It need not exist yet."""
    chosen = explicit or os.environ.get("DEALER360_WORKSPACE") or "workspace"
    return Workspace(root=Path(chosen).expanduser().absolute())
