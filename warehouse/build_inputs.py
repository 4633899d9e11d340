"""What a build is made of: its horizon, day and moment, and copies of the books that a load may change meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import LiteralString

import psycopg


@dataclass(frozen=True)
class BuildInputs:
    """What decides how the marts come out, beside the code. `settings_hash` is of all that is not in raw."""

    horizon: int
    as_of_date: date
    judged_at: datetime
    identity_version: str
    settings_hash: str


def fix_inputs(session: psycopg.Connection) -> BuildInputs:
    """Fix what the next build may see, and fill the tables ops.build_* for it.

    `session` must be inside a transaction, and no build may be running.
    """
    session.execute("delete from ops.build_dealers")
    session.execute("insert into ops.build_dealers select * from ops.dealers")
    session.execute("delete from ops.build_settings")
    session.execute("insert into ops.build_settings select * from ops.settings")
    session.execute("delete from ops.build_decisions")
    session.execute(
        "insert into ops.build_decisions"
        " select left_record, right_record, decision from identity.standing_pair_decisions"
    )
    moment = session.execute(_MOMENT).fetchone()
    if moment is None:
        raise LookupError("ops.batch_sequence has no row")
    horizon, as_of_date, judged_at, days_back = moment
    session.execute("delete from ops.build_feeds")
    session.execute(
        "insert into ops.build_feeds " + _EXPECTED_FEEDS,
        {"horizon": horizon, "judged_at": judged_at, "days_back": days_back},
    )
    others = session.execute(_OTHERS).fetchone()
    if others is None:
        raise LookupError("an aggregate without a row")
    identity_version, settings_hash = others
    return BuildInputs(horizon, as_of_date, judged_at, identity_version, settings_hash)


@dataclass(frozen=True)
class LateFeed:
    """A feed whose day's delivery has not come although its due time has passed."""

    feed_id: str
    dealer_code: str
    due: time | None  # on the dealer's clock; None: the group's build_by
    expected_on: date
    last_came_on: date | None  # None: never


def late_feeds(session: psycopg.Connection) -> list[LateFeed]:
    """The feeds that are late at this moment, by the rules of `rpt_freshness`; no build is needed, none is touched.

    A feed that has never delivered counts where a due time is set: before, nobody can say when it should come.
    """
    moment = session.execute(_of_now(_MOMENT)).fetchone()
    if moment is None:
        raise LookupError("ops.batch_sequence has no row")
    horizon, _, judged_at, days_back = moment
    rows = session.execute(
        "with expected as (" + _of_now(_EXPECTED_FEEDS) + ")" + _LATE,
        {"horizon": horizon, "judged_at": judged_at, "days_back": days_back, "stale_days": STALE_DAYS},
    ).fetchall()
    return [LateFeed(*row) for row in rows]


def _of_now(query: LiteralString) -> LiteralString:
    """The query on the books themselves, not on the copies that the last build was made with; no load waits for it."""
    query = query.replace("ops.build_settings", "ops.settings").replace("ops.build_dealers", "ops.dealers")
    return query.replace(" for share", "")


def last_horizon(session: psycopg.Connection) -> int:
    """The number of the last batch that a build has seen, or is seeing.

    A build that failed has shown it to nobody, nor has a dry run.
    """
    row = session.execute(
        "select coalesce(max(horizon), 0) from ops.builds where status not in ('failed', 'dry_run')"
    ).fetchone()
    return row[0] if row else 0


# The day of a build is the latest day of a delivery that is not in the future; a file dated ahead does not move it.
# Freshness is judged at the clock's moment, in a workspace whose files come with a delay that many days back: at the
# least delay of any file. It is none where files come on their day, years where the past is replayed. A replay is
# judged after its day's hour of building, whatever the hour it is done at.
_MOMENT = """
    with locked as (
        select last_batch_seq as horizon from ops.batch_sequence for share
    ),

    settings as (
        select
            coalesce(max(value) filter (where setting = 'time_zone'), 'UTC') as time_zone,
            cast(coalesce(max(value) filter (where setting = 'build_by'), '05:30') as time) as build_by
        from ops.build_settings
    ),

    clock as (
        select clock_timestamp() at time zone time_zone as local_now, time_zone, build_by from settings
    ),

    days as (
        select
            coalesce(max(batches.delivered_on), cast(max(clock.local_now) as date)) as as_of_date,
            greatest(0, min(
                cast(batches.arrived_at at time zone clock.time_zone as date) - batches.delivered_on
            )) as days_back
        from clock
        left join ops.batches as batches
            on batches.status = 'loaded'
            and batches.batch_seq <= (select horizon from locked)
            and batches.delivered_on <= cast(clock.local_now as date)
    )

    select
        (select horizon from locked),
        days.as_of_date,
        case
            when days.days_back = 0 then clock.local_now
            else greatest(clock.local_now - make_interval(days => days.days_back), days.as_of_date + clock.build_by)
        end at time zone clock.time_zone,
        days.days_back
    from clock
    cross join days
"""

# A due time is the dealer's, build_by the group's. A file that was sent again unchanged has come, though it is no
# batch; one that is dated ahead has come on the day it came.
_EXPECTED_FEEDS: LiteralString = """
    with settings as (
        select
            coalesce(max(value) filter (where setting = 'time_zone'), 'UTC') as time_zone,
            cast(coalesce(max(value) filter (where setting = 'build_by'), '05:30') as time) as build_by
        from ops.build_settings
    ),

    feeds as (
        select
            feeds.*,
            coalesce(feeds.due, settings.build_by) as due_or_build_by,
            coalesce(dealers.time_zone, settings.time_zone) as dealer_time_zone,
            cast(%(judged_at)s as timestamptz) at time zone case
                when feeds.due is null then settings.time_zone
                else coalesce(dealers.time_zone, settings.time_zone)
            end as local_moment
        from ops.feeds as feeds
        cross join settings
        left join ops.build_dealers as dealers on feeds.dealer_code = dealers.dealer_code
        where feeds.is_listed
    ),

    deliveries as (
        select
            feeds.feed_id,
            least(
                batches.delivered_on,
                cast(batches.arrived_at at time zone feeds.dealer_time_zone as date) - %(days_back)s
            ) as came_on
        from ops.batches as batches
        inner join feeds on batches.feed_id = feeds.feed_id
        where batches.status = 'loaded' and batches.batch_seq <= %(horizon)s
        union
        select feeds.feed_id, cast(outcomes.happened_at at time zone feeds.dealer_time_zone as date) - %(days_back)s
        from ops.outcomes as outcomes
        inner join feeds on outcomes.feed_id = feeds.feed_id
        where outcomes.status = 'skipped'
    ),

    gaps as (
        select
            feed_id,
            came_on,
            came_on - lag(came_on) over (partition by feed_id order by came_on) as days,
            row_number() over (partition by feed_id order by came_on desc) as rank
        from deliveries
    ),

    rhythms as (
        select
            feed_id,
            max(came_on) as last_came_on,
            case
                when count(days) filter (where rank <= 10) >= 3
                    then percentile_disc(0.5) within group (order by days) filter (where rank <= 10)
            end as rhythm_days
        from gaps
        group by feed_id
    )

    select
        feeds.feed_id,
        feeds.dealer_code,
        feeds.source_system,
        feeds.entity,
        feeds.delivery,
        feeds.due,
        rhythms.last_came_on,
        cast(feeds.local_moment as date)
        - case when cast(feeds.local_moment as time) < feeds.due_or_build_by then 1 else 0 end as expected_on,
        rhythms.rhythm_days
    from feeds
    left join rhythms on feeds.feed_id = rhythms.feed_id
"""

STALE_DAYS = 7
"""Days that a feed without a due time may rest before its rhythm shows; group.yml's freshness.stale_days."""

_LATE: LiteralString = """
,

    allowed as (
        select
            expected.*,
            coalesce(
                rhythm_days,
                case
                    when due is not null then 1
                    else cast(coalesce(stale_days.value, cast(%(stale_days)s as text)) as integer)
                end
            ) as days_allowed
        from expected
        left join ops.settings as stale_days on stale_days.setting = 'freshness.stale_days'
    )

    select feed_id, dealer_code, due, expected_on, last_came_on
    from allowed
    where (due is not null and last_came_on is null) or expected_on - last_came_on >= days_allowed
    order by feed_id
"""

# Refused and held batches and the quarantine have no place in raw, but operators' reports show them. A due time that
# passed without its delivery makes a feed staler: news once for each day that is missing. Who is erased from raw would
# stay in the marts until the next delivery.
_OTHERS = """
    with parts as (
        select 1 as part, (to_jsonb(dealers) - 'updated_at')::text as line from ops.build_dealers as dealers
        union all
        select 2, (to_jsonb(feeds) - 'updated_at')::text from ops.feeds as feeds
        union all
        select 3, setting || '=' || value from ops.build_settings
        union all
        select 4, to_jsonb(decisions)::text from ops.build_decisions as decisions
        union all
        select 5, models.model_version || ' ' || models.content_hash
        from identity.match_models as models
        inner join ops.build_settings as settings
            on settings.setting = 'identity_version' and settings.value = models.model_version
        union all
        select 6, batch_id || ' ' || status from ops.batches where status in ('refused', 'held')
        union all
        select 7, status || ' ' || count(*) || ' ' || max(quarantine_id) from quarantine.rows group by status
        union all
        select 8, feed_id || ' ' || expected_on from ops.build_feeds where last_came_on < expected_on
        union all
        select 9, 'rows lost ' || count(*) from ops.raw_rows_lost
    )

    select
        coalesce((select value from ops.build_settings where setting = 'identity_version'), 'default'),
        coalesce(md5(string_agg(md5(part || line), '' order by part, line)), '')
    from parts
"""
