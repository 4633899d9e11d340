-- How fresh each feed is at the moment the build was opened: its last delivery against the last one that was due.
-- The last delivery is the one of the latest day: what comes in late for an earlier day takes back no refusal.
with feeds as (

    select * from {{ source('ops', 'feeds') }}

),

build as (

    select * from {{ source('ops', 'current_build') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

batches as (

    select
        batches.*,
        row_number() over (
            partition by batches.feed_id
            order by batches.delivered_on desc, batches.started_at desc, batches.batch_id desc
        ) as attempt_rank
    from {{ source('ops', 'batches') }} as batches
    cross join build
    where {{ is_seen_by_build('batches', 'build') }}

),

loads as (

    select
        feed_id,
        max(case when status = 'loaded' then delivered_on end) as last_good_delivered_on,
        max(case when status = 'loaded' then finished_at end) as last_good_load_at,
        max(case when attempt_rank = 1 then status end) as last_status,
        max(case when attempt_rank = 1 then reason_code end) as last_reason_code
    from batches
    group by feed_id

),

-- A feed keeps to its own rhythm. Until that shows, a feed with a due time is daily; the others may rest some days.
dated as (

    select
        feeds.*,
        loads.last_good_delivered_on,
        loads.last_good_load_at,
        loads.last_status,
        loads.last_reason_code,
        case
            when loads.last_good_delivered_on is not null
                then greatest(0, {{ days_between('feeds.last_came_on', 'feeds.expected_on') }})
        end as days_behind,
        coalesce(
            feeds.rhythm_days,
            case when feeds.due is not null then 1 else settings.stale_days end
        ) as days_allowed
    from feeds
    cross join settings
    left join loads on feeds.feed_id = loads.feed_id

),

judged as (

    select
        *,
        case
            when last_good_delivered_on is null then 'never_loaded'
            when last_status <> 'loaded' then last_status
            when days_behind >= days_allowed then 'late'
        end as stale_reason
    from dated

),

final as (

    select
        feed_id,
        dealer_code,
        source_system,
        entity,
        delivery,
        {{ to_text('due') }} as due,
        expected_on,
        last_good_delivered_on,
        last_good_load_at,
        last_status,
        last_reason_code,
        days_behind,
        stale_reason is not null as is_stale,
        stale_reason
    from judged

)

select * from final
