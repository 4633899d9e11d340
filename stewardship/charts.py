"""Pages of charts as one self-contained HTML file: nothing is fetched, so they can be mailed or kept.

Charts are Vega-Lite specifications; the libraries that draw them come out of the splink package and stand in the page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from splink.internals.html_utils import json_for_html, load_chart_libraries

_TEMPLATE = Path(__file__).with_name("charts.html.j2")


@dataclass(frozen=True)
class Section:
    """A part of a page: a title, sentences, and a table (header, rows) or a chart."""

    title: str
    sentences: Sequence[str] = ()
    table: tuple[Sequence[str], Sequence[Sequence[object]]] | None = None
    chart: dict[str, Any] | None = None


def write_page(file: Path, title: str, sections: Sequence[Section]) -> None:
    """Write the sections as one HTML page; a page of the same name is replaced whole."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATE.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    charts = [_without_addresses(section.chart) for section in sections if section.chart]
    page = environment.get_template(_TEMPLATE.name).render(
        title=title,
        sections=sections,
        specifications=Markup(json_for_html(charts)),  # type: ignore[no-untyped-call]  # noqa: S704 - it leaves no sign of markup
        libraries=[Markup(source) for source in _libraries().values()] if charts else [],  # noqa: S704 - scripts
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(file)


def _libraries() -> dict[str, str]:
    """Vega, Vega-Lite and Vega-Embed as the splink package carries them, in the order in which they are loaded."""
    libraries: dict[str, str] = load_chart_libraries()  # type: ignore[no-untyped-call]
    return libraries


def _without_addresses(specification: dict[str, Any]) -> dict[str, Any]:
    """The specification as plain JSON, without the address of its schema."""
    plain: dict[str, Any] = json.loads(json.dumps(deepcopy(specification), default=float))
    plain.pop("$schema", None)
    return plain
