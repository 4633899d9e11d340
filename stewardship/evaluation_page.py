"""The page of an evaluation: its figures, and charts of what every threshold would give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stewardship.charts import Section, write_page
from stewardship.evaluation import Evaluation, Quality

_BY = {
    "pairs": "pairs of records",
    "clusters": "whole clusters",
    "records": "records (B-cubed)",
    "scored pairs": "pairs by their score",
}


def write_evaluation_page(file: Path, evaluation: Evaluation, labels: str) -> None:
    """Write it as one self-contained HTML file; `labels` says what the truth is."""
    facts = (
        f"{evaluation.labelled_records:,} labelled records of {labels}, {evaluation.unknown_records:,} of them unknown "
        "to the last build.",
        f"Labelled records in the largest clusters: {', '.join(map(str, evaluation.largest_clusters)) or 'none'}.",
    )
    header = ("by", "precision", "recall", "F1")
    sections = [
        Section("The clusters of the last build", facts, table=(header, [_row(q) for q in evaluation.qualities])),
    ]
    if evaluation.at_thresholds:
        rows = [(at.threshold, *_row(quality)) for at in evaluation.at_thresholds for quality in at.qualities]
        sections += [
            Section(
                "What scores alone would give, without guards, cards and decisions",
                chart=_at_thresholds(evaluation),
                table=(("accepted from", *header), rows),
            ),
        ]
    write_page(file, "How well people are told apart", sections)


def _row(quality: Quality) -> tuple[object, ...]:
    return _BY[quality.measure], *("–" if v is None else v for v in (quality.precision, quality.recall, quality.f1))


def _at_thresholds(evaluation: Evaluation) -> dict[str, Any]:
    """Lines over the thresholds, evenly spaced, a panel for each measure."""
    values = [
        {"threshold": str(at.threshold), "by": _BY[quality.measure], "figure": figure, "value": value}
        for at in evaluation.at_thresholds
        for quality in at.qualities
        for figure, value in (("precision", quality.precision), ("recall", quality.recall), ("F1", quality.f1))
        if value is not None
    ]
    return {
        "data": {"values": values},
        "facet": {"column": {"field": "by", "title": None, "sort": None}},
        "spec": {
            "width": 280,
            "height": 220,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "threshold", "type": "ordinal", "title": "accepted from this probability on"},
                "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
                "color": {"field": "figure", "type": "nominal", "title": None},
            },
        },
    }
