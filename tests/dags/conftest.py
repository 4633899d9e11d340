"""Airflow looks for its home when it is imported: it gets one of its own before any test module does so."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory

from warehouse.settings import TELEMETRY_OFF

HOME = TemporaryDirectory(prefix="dealer360-airflow-home-")  # removed when the tests have ended

for name in [name for name in os.environ if name.startswith("AIRFLOW_") and name not in TELEMETRY_OFF]:
    del os.environ[name]
os.environ["AIRFLOW_HOME"] = HOME.name
