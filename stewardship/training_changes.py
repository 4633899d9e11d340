"""What a new version of the match model would change: bits per level, and links, by scoring the last build's pairs."""

# ruff: noqa: S608 - statements are put together of names that stand in this module and in the shipped seed

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from stewardship.model_sql import ModelSql
from warehouse.match_models import LevelWeight


@dataclass(frozen=True)
class LevelChange:
    """Bits of a level in the active version and in the new one; None where a version does not have it."""

    attribute: str
    level: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Changes:
    """The new version against the one that the last build used; links before guards and decisions."""

    version_before: str
    levels: tuple[LevelChange, ...]
    links_before: int
    links_added: int
    links_dropped: int

    def sentence(self) -> str:
        """What becomes of the links, in words."""
        return (
            f"Of the last build's pairs {self.links_before:,} are accepted by version {self.version_before}; "
            f"this one would add {self.links_added:,} links and drop {self.links_dropped:,}."
        )


def changes_against_active(connection: psycopg.Connection, judged: str, weights: Sequence[LevelWeight]) -> Changes:
    """Compare the links of the last build with those of the new version, `judged` by it as a select."""
    links = connection.execute(_LINKS.format(after=judged)).fetchone() or (0, 0, 0)
    version = connection.execute("select identity_version from ops.current_build").fetchone() or ("default",)
    before = {
        (attribute, level): bits
        for attribute, level, bits in connection.execute(
            "select attribute, level, bits from build.int_match_weights_chosen order by attribute, level"
        )
    }
    bits_after = {(weight.attribute, weight.level): weight.bits for weight in weights}
    levels = tuple(
        LevelChange(*key, None if (bits := before.get(key)) is None else round(float(bits), 4), bits_after.get(key))
        for key in [*bits_after, *(key for key in before if key not in bits_after)]
    )
    return Changes(version[0], levels, *links)


def judged_by_new_version(
    connection: psycopg.Connection,
    gathered: ModelSql,
    blocked: ModelSql,
    compared: ModelSql,
    judged: ModelSql,
    weights: Sequence[LevelWeight],
    settings: Mapping[str, float],
    term_frequencies: Iterable[tuple[str, str, float]],
) -> str:
    """A select of the pairs that the new version proposes and as it judges them, with the models' own SQL.

    The version stands in temporary tables until the transaction ends; set_new_settings() changes it.
    """
    connection.execute(_TABLES)
    cursor = connection.cursor()
    cursor.executemany(
        "insert into new_weights values (%s, %s, %s, %s, %s)",
        [(w.attribute, w.level, w.m_probability, w.u_probability, w.bits) for w in weights],
    )
    set_new_settings(connection, settings)
    # In the group that it was trained on, the prior of a version is its own.
    cursor.execute("insert into new_prior values (%s)", [settings["prior_bits"]])
    with cursor.copy("copy new_term_frequencies from stdin") as copy:
        for row in term_frequencies:
            copy.write_row(row)
    connection.execute(_records_with_new_shares(connection))
    connection.execute("analyze new_records")
    # All that the block keys propose: the last build may have matched a night's records alone.
    blocks = gathered.reading(
        {"int_match_settings_chosen": "pg_temp.new_settings", "int_match_prior": "pg_temp.new_prior"}
    )
    connection.execute(f"create temporary table new_blocks on commit drop as {blocks}")
    connection.execute("analyze new_blocks")
    candidates = blocked.reading({"int_customer_blocks_gathered": "pg_temp.new_blocks"})
    connection.execute(f"create temporary table candidate_pairs on commit drop as {candidates}")
    connection.execute("analyze candidate_pairs")
    levels = compared.reading(
        {
            "int_customer_pairs_blocked": "pg_temp.candidate_pairs",
            "int_customer_records_standardized": "pg_temp.new_records",
            "int_match_settings_chosen": "pg_temp.new_settings",
        }
    )
    connection.execute(f"create temporary table compared_pairs on commit drop as {levels}")
    connection.execute("analyze compared_pairs")
    return judged.reading(
        {
            "int_match_weights_chosen": "pg_temp.new_weights",
            "int_match_settings_chosen": "pg_temp.new_settings",
            "int_match_prior": "pg_temp.new_prior",
            "int_customer_pairs_compared": "pg_temp.compared_pairs",
        }
    )


def _records_with_new_shares(connection: psycopg.Connection) -> str:
    """The statement that copies the standardised records with the names' shares in the new version."""
    names = ("last_name", "first_name", "middle_name")
    columns = [
        f"{column.removesuffix('_share')}s.share as {column}" if column.endswith("_name_share") else f"records.{column}"
        for (column,) in connection.execute(
            "select attname from pg_attribute where attrelid = 'build.int_customer_records_standardized'::regclass"
            " and attnum > 0 and not attisdropped order by attnum"
        )
    ]
    joins = " ".join(
        f"left join new_term_frequencies as {name}s"
        f" on {name}s.attribute = '{name}' and records.{name}_key = {name}s.term"
        for name in names
    )
    return (
        f"create temporary table new_records on commit drop as select {', '.join(columns)}"
        f" from build.int_customer_records_standardized as records {joins}"
    )


def set_new_settings(connection: psycopg.Connection, settings: Mapping[str, float]) -> None:
    """Have the new version bring these settings too."""
    connection.cursor().executemany(
        "update new_settings set value = %s where setting = %s", [(v, s) for s, v in settings.items()]
    )


_TABLES = """
    create temporary table new_weights (
        attribute text, level text, m_probability double precision, u_probability double precision,
        bits double precision
    ) on commit drop;
    create temporary table new_settings on commit drop as
    select setting, cast(value as double precision) as value from build.match_settings;
    create temporary table new_prior (prior_bits double precision) on commit drop;
    create temporary table new_term_frequencies (attribute text, term text, share double precision) on commit drop
"""

_LINKS = """
    with after as ({after}),

    judged as (
        select
            coalesce(before.match_probability >= before.accepted_from, false) as is_before,
            after.match_probability >= after.accepted_from as is_after
        from after
        left join build.int_customer_pairs_scored as before using (left_id, right_id)
    )

    select
        count(*) filter (where is_before),
        count(*) filter (where is_after and not is_before),
        count(*) filter (where is_before and not is_after)
    from judged
"""
