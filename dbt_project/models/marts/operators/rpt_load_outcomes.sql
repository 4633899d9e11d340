with build as (

    select * from {{ source('ops', 'current_build') }}

),

batches as (

    select batches.*
    from {{ source('ops', 'batches') }} as batches
    cross join build
    where {{ is_seen_by_build('batches', 'build') }}

),

final as (

    select
        batch_id,
        batch_seq,
        feed_id,
        dealer_code,
        source_system,
        entity,
        source_file,
        delivered_on,
        arrived_at,
        status,
        reason_code,
        rows_read,
        rows_new,
        rows_changed,
        rows_unchanged,
        rows_quarantined,
        rows_absent,
        started_at,
        finished_at
    from batches

)

select * from final
