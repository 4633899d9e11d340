"""One page a run: what was loaded, refused and quarantined, by which rules, and what the gate of the marts said.

The page is one file without scripts and without any address outside it, so that it can be mailed or kept. Cells are
shown by their shape alone (Яяяя 99.99.9999), and everything that came from a file is escaped.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

TEMPLATE = Path(__file__).parent / "report.html.j2"
EXAMPLES_PER_RULE = 5

Row = dict[str, Any]


@dataclass(frozen=True)
class _RunPage:
    """Everything that the template shows."""

    name: str
    group_name: str | None
    written_at: str
    files: list[Row]
    totals: Row
    quarantined: list[Row]
    warnings: list[Row]
    suites: list[Row]
    build: Row | None
    mart_findings: list[Row]


def write_report(
    connection: psycopg.Connection[Any], folder: Path, *, run_id: str | None = None, build_id: int | None = None
) -> Path:
    """Write one page and give its path; an older page of the same name is replaced whole.

    Args:
        connection: to the warehouse; only read from.
        folder: where pages are kept, usually the workspace's quality_docs; made when missing.
        run_id: the page `load_<run_id>.html` of one load, as in `ops.outcomes`; None: the page `build_<build_id>.html`
            of a night, with every file looked at since the build before was opened.
        build_id: the build whose gate is shown; needed when there is no run_id.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        page = _run_page(cursor, run_id, build_id)
    import jinja2  # which only a page needs

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "shape": shape_of, "masked": masked}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{re.sub(r'[^0-9A-Za-z._-]+', '_', page.name)}.html"
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(environment.get_template(TEMPLATE.name).render(page=page), encoding="utf-8")
    unfinished.replace(path)
    return path


def shape_of(cell: str | None) -> str:
    """The cell with every letter and digit replaced by its kind: enough to see a wrong format, nobody's data."""
    if cell is None:
        return "(empty)"
    shape = re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", cell)))
    shape = re.sub(r"[^\W\d_a-zA-Z]", lambda letter: "Я" if letter.group().isupper() else "я", shape)
    return shape if len(shape) <= 40 else f"{shape[:39]}…"


def masked(text: str | None) -> str:
    """A message with e-mail addresses and anything as long as a phone number taken out."""
    without_addresses = re.sub(r"[^\s@«\"'(]+@[^\s@]+\.\w+", "•••@•••", text or "")
    return re.sub(r"\+?\d(?:[\s()-]*\d){9,}", "•••", without_addresses)


def _number(value: int | None) -> str:
    return f"{value or 0:,}".replace(",", "\u202f")


def _run_page(cursor: psycopg.Cursor[Row], run_id: str | None, build_id: int | None) -> _RunPage:
    files = cursor.execute(_FILES, {"run_id": run_id, "build_id": build_id}).fetchall()
    batch_ids = [row["batch_id"] for row in files if row["batch_id"] is not None]
    header = cursor.execute(_HEADER).fetchone() or {"group_name": None, "written_at": ""}
    columns = ("rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_quarantined", "rows_absent")
    totals: Row = {name: sum(row[name] or 0 for row in files if row["status"] == "loaded") for name in columns}
    totals |= {
        status: sum(row["status"] == status for row in files)
        for status in ("loaded", "skipped", "refused", "held", "failed")
    }
    build = mart_findings = None
    if build_id is not None:
        build = cursor.execute(_BUILD, {"build_id": build_id}).fetchone()
        mart_findings = cursor.execute(_MART_FINDINGS, {"build_id": build_id}).fetchall()
    parameters = {"batch_ids": batch_ids, "examples": EXAMPLES_PER_RULE}
    return _RunPage(
        name=f"load_{run_id}" if run_id is not None else f"build_{build_id}",
        group_name=header["group_name"],
        written_at=header["written_at"],
        files=files,
        totals=totals,
        quarantined=cursor.execute(_QUARANTINED, parameters).fetchall(),
        warnings=cursor.execute(_WARNINGS, parameters).fetchall(),
        suites=cursor.execute(_SUITES, parameters).fetchall(),
        build=build,
        mart_findings=mart_findings or [],
    )


_HEADER = """
    select
        (select value from ops.settings where setting = 'name') as group_name,
        to_char(
            clock_timestamp() at time zone coalesce(
                (select value from ops.settings where setting = 'time_zone'), 'UTC'
            ),
            'YYYY-MM-DD HH24:MI'
        ) as written_at
"""

# The last word on every file of the run; a file without a batch was skipped, or could not even be read.
_FILES = """
    with night as (
        select
            coalesce(this.finished_at, clock_timestamp()) as finished_at,
            coalesce(max(before.started_at), '-infinity') as opened_before
        from ops.builds as this
        left join ops.builds as before on before.build_id < this.build_id
        where this.build_id = %(build_id)s
        group by this.build_id
    ),

    latest as (
        select distinct on (coalesce(feed_id, ''), coalesce(source_file, ''), coalesce(batch_id, ''))
            *
        from ops.outcomes
        where
            run_id = %(run_id)s::text
            or (
                %(run_id)s::text is null
                and happened_at <= (select finished_at from night)
                and happened_at > (select opened_before from night)
            )
        order by coalesce(feed_id, ''), coalesce(source_file, ''), coalesce(batch_id, ''), outcome_id desc
    )

    select
        latest.dealer_code,
        feeds.source_system || '.' || feeds.entity as feed,
        latest.source_file,
        latest.batch_id,
        case
            when latest.status = 'done' then 'loaded'
            else latest.status
        end as status,
        latest.step,
        latest.message,
        coalesce(latest.details ->> 'error', batches.reason) as reason,
        batches.delivered_on,
        coalesce(batches.rows_read, 0) as rows_read,
        coalesce(batches.rows_new, 0) as rows_new,
        coalesce(batches.rows_changed, 0) as rows_changed,
        coalesce(batches.rows_unchanged, 0) as rows_unchanged,
        coalesce(batches.rows_quarantined, 0) as rows_quarantined,
        coalesce(batches.rows_absent, 0) as rows_absent
    from latest
    left join ops.feeds as feeds on latest.feed_id = feeds.feed_id
    left join ops.batches as batches on latest.batch_id = batches.batch_id
    order by
        case latest.status when 'failed' then 0 when 'refused' then 1 when 'held' then 2 when 'done' then 3 else 4 end,
        latest.dealer_code,
        feed,
        latest.source_file
"""

_QUARANTINED = """
    with broken as (
        select
            rows.source_system || '.' || rows.entity as feed,
            findings.rule_code,
            findings.column_name,
            findings.sentence,
            findings.value,
            rows.source_file,
            rows.source_row,
            row_number() over (
                partition by rows.source_system, rows.entity, findings.rule_code, findings.column_name
                order by rows.source_file, rows.source_row
            ) as place
        from quarantine.rows as rows
        inner join quarantine.findings as findings on rows.quarantine_id = findings.quarantine_id
        where rows.batch_id = any(%(batch_ids)s)
    )

    select
        feed,
        rule_code,
        column_name,
        min(sentence) as sentence,
        count(*) as row_count,
        count(distinct source_file) as file_count,
        jsonb_agg(
            jsonb_build_object('source_file', source_file, 'source_row', source_row, 'value', value)
            order by place
        ) filter (where place <= %(examples)s) as examples
    from broken
    group by feed, rule_code, column_name
    order by row_count desc, feed, rule_code, column_name
"""

_WARNINGS = """
    select
        batches.dealer_code,
        batches.source_system || '.' || batches.entity as feed,
        batches.source_file,
        checks.action,
        checks.rule_code,
        checks.column_name,
        checks.sentence,
        checks.unexpected_count,
        checks.element_count,
        checks.observed
    from ops.checks as checks
    inner join ops.batches as batches on checks.batch_id = batches.batch_id
    where checks.batch_id = any(%(batch_ids)s) and not checks.is_success and checks.action <> 'quarantine'
    order by case checks.action when 'refuse' then 0 else 1 end, checks.unexpected_count desc, checks.check_id
"""

_SUITES = """
    select
        suite,
        count(distinct batch_id) as batch_count,
        count(*) as rules_judged,
        count(*) filter (where is_success) as rules_kept
    from ops.checks
    where batch_id = any(%(batch_ids)s)
    group by suite
    order by suite
"""

_BUILD = """
    select build_id, status, horizon, as_of_date, reason
    from ops.builds
    where build_id = %(build_id)s
"""

_MART_FINDINGS = """
    select rule_code, column_name, action, sentence, is_success, unexpected_count, element_count, observed
    from ops.checks
    where build_id = %(build_id)s
    order by is_success, case action when 'refuse' then 0 else 1 end, check_id
"""
