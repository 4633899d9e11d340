"""What a command's exit code means, for schedulers and shell scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.outcomes import FileOutcome

DONE = 0
REFUSED = 1
"""Done, but something was refused, and was said."""
WRONG_USE = 2
FAILED = 3
"""Failed; nothing changed."""


def exit_code_of(outcomes: Sequence[FileOutcome]) -> int:
    """What became of files, as one code."""
    statuses = {outcome.status for outcome in outcomes}
    if "failed" in statuses and "loaded" not in statuses:
        return FAILED
    return REFUSED if any(outcome.is_refusal for outcome in outcomes) else DONE
