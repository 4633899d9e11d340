{{ config(materialized='view') }}

with live_build as (

    select max(builds.started_at) as started_at
    from {{ source('ops', 'live') }} as live
    inner join {{ source('ops', 'builds') }} as builds on live.build_id = builds.build_id

),

decisions as (

    select decisions.*
    from {{ source('identity', 'pair_decisions') }} as decisions
    cross join live_build
    where coalesce(decisions.decided_at > live_build.started_at, true)

),

decided_records as (

    select left_record as record_key from decisions
    union
    select right_record as record_key from decisions

),

held as (

    select
        customer_id,
        concat_ws('/', dealer_code, source_system, entity, source_record_id) as record_key
    from {{ source('identity', 'current_record_map') }}
    union all
    select
        customer_id,
        concat_ws('/', dealer_code, source_system, entity, source_record_id) as record_key
    from {{ ref('int_customer_ids_assigned') }}

),

final as (

    select distinct held.customer_id
    from decided_records
    inner join held on decided_records.record_key = held.record_key

)

select * from final
