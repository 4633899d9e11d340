"""What BI tools show beside a mart and its columns: the descriptions of the models, as comments of the views."""

from __future__ import annotations

import re

import psycopg
from psycopg import sql

_ROW = re.compile(r"^\*\*Row\*\* — ")


def bring_up_comments(connection: psycopg.Connection) -> None:
    """Give the views of `marts` and their columns the comments of their tables in `build`, where they differ.

    dbt puts the descriptions on its tables, whole; a view's comment is the first paragraph. What the build no longer
    makes keeps its comments.
    """
    for view, column, described, comment in connection.execute(_COMMENTS).fetchall():
        wanted = _first_paragraph(described)
        if wanted == comment:
            continue
        what = sql.SQL("view {}").format(sql.Identifier("marts", view))
        if column is not None:
            what = sql.SQL("column {}").format(sql.Identifier("marts", view, column))
        connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(wanted)))


def _first_paragraph(description: str | None) -> str | None:
    """The first paragraph in one line, without the word that every model's description begins with."""
    paragraph = " ".join((description or "").strip().split("\n\n")[0].split())
    text = _ROW.sub("", paragraph)
    if text != paragraph:
        text = text[:1].upper() + text[1:]
    return text or None


_COMMENTS = """
    select
        views.relname::text,
        columns.attname::text,
        case
            when columns.attname is null then obj_description(tables.oid, 'pg_class')
            else col_description(tables.oid, columns.attnum)
        end,
        case
            when columns.attname is null then obj_description(views.oid, 'pg_class')
            else col_description(views.oid, shown.attnum)
        end
    from pg_class as views
    inner join pg_class as tables on views.relname = tables.relname and tables.relkind in ('r', 'p')
    cross join lateral (
        select null::name as attname, 0::smallint as attnum
        union all
        select attribute.attname, attribute.attnum
        from pg_attribute as attribute
        where attribute.attrelid = tables.oid and attribute.attnum > 0 and not attribute.attisdropped
    ) as columns
    left join pg_attribute as shown
        on shown.attrelid = views.oid and shown.attname = columns.attname and shown.attnum > 0
    where
        views.relnamespace = 'marts'::regnamespace
        and views.relkind = 'v'
        and tables.relnamespace = 'build'::regnamespace
        and (columns.attname is null or shown.attname is not null)
    order by views.relname, columns.attnum
"""
