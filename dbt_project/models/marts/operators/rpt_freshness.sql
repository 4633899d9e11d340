with feeds as (

    select * from {{ ref('int_feeds_judged') }}

),

final as (

    select
        feed_id,
        dealer_code,
        source_system,
        entity,
        delivery,
        due,
        expected_on,
        last_good_delivered_on,
        last_good_load_at,
        last_status,
        last_reason_code,
        days_behind,
        is_stale,
        stale_reason
    from feeds

)

select * from final
