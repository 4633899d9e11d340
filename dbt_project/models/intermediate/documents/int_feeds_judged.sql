-- How fresh each feed is on the day that stands for today.
with feeds as (

    select * from {{ source('ops', 'feeds') }}
    where is_listed

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

build as (

    select * from {{ source('ops', 'current_build') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

batches as (

    select
        *,
        row_number() over (partition by feed_id order by started_at desc, batch_id desc) as attempt_rank
    from {{ source('ops', 'batches') }}
    where status in ('loaded', 'refused', 'held')

),

loads as (

    select
        batches.feed_id,
        max(case when batches.status = 'loaded' and batches.batch_seq <= build.horizon then batches.delivered_on end)
            as last_good_delivered_on,
        max(case when batches.status = 'loaded' and batches.batch_seq <= build.horizon then batches.finished_at end)
            as last_good_load_at,
        max(case when batches.attempt_rank = 1 then batches.status end) as last_status,
        max(case when batches.attempt_rank = 1 then batches.reason_code end) as last_reason_code
    from batches
    cross join build
    group by batches.feed_id

),

-- A file that was sent again unchanged is no news, and yet the dealer has delivered.
repetitions as (

    select feed_id, max(happened_at) as last_skipped_at
    from {{ source('ops', 'outcomes') }}
    where status = 'skipped'
    group by feed_id

),

dated as (

    select
        feeds.*,
        loads.last_good_delivered_on,
        loads.last_good_load_at,
        loads.last_status,
        loads.last_reason_code,
        settings.stale_days,
        least(
            greatest(
                loads.last_good_delivered_on,
                {{ local_date('repetitions.last_skipped_at', 'coalesce(dealers.time_zone, settings.time_zone)') }}
            ),
            settings.as_of_date
        ) as last_came_on,
        settings.as_of_date
    from feeds
    cross join settings
    left join dealers on feeds.dealer_code = dealers.dealer_code
    left join loads on feeds.feed_id = loads.feed_id
    left join repetitions on feeds.feed_id = repetitions.feed_id

),

-- A feed with a due time is daily; the others may rest for some days.
final as (

    select
        feed_id,
        dealer_code,
        source_system,
        entity,
        delivery,
        {{ to_text('due') }} as due,
        last_good_delivered_on,
        last_good_load_at,
        last_status,
        last_reason_code,
        case
            when last_good_delivered_on is not null then {{ days_between('last_came_on', 'as_of_date') }}
        end as days_behind,
        last_good_delivered_on is null
        or last_status <> 'loaded'
        or {{ days_between('last_came_on', 'as_of_date') }} >= case when due is not null then 1 else stale_days end
            as is_stale
    from dated

)

select * from final
