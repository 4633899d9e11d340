"""Splink's charts of what training found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from stewardship.training_sessions import NEVER, Session, linker
from warehouse.match_models import LevelWeight


def charts_of(
    database: duckdb.DuckDBPyConnection, sessions: Sequence[Session], weights: Sequence[LevelWeight], prior: float
) -> dict[str, dict[str, Any]]:
    """Vega-Lite specifications by their title, of the final model and of what each session found.

    Args:
        database: with the table `sides`.
        sessions: of the last round.
        weights: of the attributes that were learnt.
        prior: the probability that two records drawn at random are one person's.
    """
    m_values = {weight.key: weight.m_probability for weight in weights}
    u_values = {weight.key: weight.u_probability for weight in weights}
    final = linker(database, weights, m_values, u_values, prior)
    return {
        "Weights in bits": final.visualisations.match_weights_chart().chart_dict,
        "How often people's pairs (m) and others (u) agree": final.visualisations.m_u_parameters_chart().chart_dict,
        **_chart_of_sessions([session for session in sessions if session.shares]),
    }


def _chart_of_sessions(sessions: Sequence[Session]) -> dict[str, dict[str, Any]]:
    """Each session's chart in one; what a session never met has no odds to show."""
    if not sessions:
        return {}
    rows = [
        row | {"estimate_description": f"one {session.rule}"}
        for session in sessions
        for row in session.chart["data"]["values"]
        if isinstance(row["estimated_probability"], float) and row["estimated_probability"] > NEVER
    ]
    return {"What each training session found": sessions[0].chart | {"data": {"values": rows}}}
