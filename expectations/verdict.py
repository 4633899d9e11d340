"""What a gate says of a batch or of a build. Light to import: Great Expectations is not needed to read a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FEWEST_ROWS_TO_REFUSE = 10
"""A rule broken by fewer rows never refuses by its share, however great that is: one bad row of two is a half."""

Action = Literal["quarantine", "refuse", "warn"]


@dataclass(frozen=True)
class Finding:
    """What one expectation or named check found.

    `action` is what follows from the finding: a rule that would quarantine rows or warn, but is broken by more than
    its refusal share of the rows, is found with `refuse`. `source_rows` holds the `_source_row` of every row to
    quarantine, for a broken `quarantine` rule of a batch that is not refused, and is empty otherwise.
    """

    rule_code: str
    column: str | None
    action: Action
    sentence: str
    is_success: bool
    unexpected_count: int
    element_count: int
    observed: str | None = None
    source_rows: tuple[int, ...] = ()


def warning(
    rule_code: str,
    sentence: str,
    observed: str,
    *,
    column: str | None = None,
    unexpected_count: int = 1,
    element_count: int = 1,
) -> Finding:
    """What a named check says that only warns; where it found nothing unexpected, its rule is kept."""
    is_kept = not unexpected_count
    told = None if is_kept else observed
    return Finding(rule_code, column, "warn", sentence, is_kept, unexpected_count, element_count, told)


@dataclass(frozen=True)
class Verdict:
    """All findings of a suite, in the order of its rules, kept or broken."""

    findings: tuple[Finding, ...]

    @property
    def is_refused(self) -> bool:
        """Whether the batch or build as a whole must not go on."""
        return any(finding.action == "refuse" for finding in self.broken)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The findings of rules that do not hold."""
        return tuple(finding for finding in self.findings if not finding.is_success)
