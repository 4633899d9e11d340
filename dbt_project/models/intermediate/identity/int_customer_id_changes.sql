with moved as (

    select
        old_customer_id,
        new_customer_id,
        concat_ws('/', dealer_code, source_system, entity, source_record_id) as record_key
    from {{ ref('int_customer_records_moved') }}

),

decided as (

    select * from {{ ref('int_customers_decided') }}

),

-- Customers that lost their last record, and how many others have theirs.
retired as (

    select
        moved.old_customer_id as customer_id,
        count(distinct moved.new_customer_id) as part_count
    from moved
    where
        moved.old_customer_id is not null
        and not exists (
            select 1
            from {{ ref('int_customer_ids_assigned') }} as assigned
            where assigned.customer_id = moved.old_customer_id
        )
    group by moved.old_customer_id

),

minted as (

    select
        moved.new_customer_id as customer_id,
        {{ array_aggregated('moved.record_key') }} as record_keys
    from moved
    left join {{ source('identity', 'customer_registry') }} as registry
        on moved.new_customer_id = registry.customer_id
    where
        moved.new_customer_id is not null
        and registry.customer_id is null
    group by moved.new_customer_id

),

-- From an id that lives on to one that was there: the records moved. From an id that ended in one other: it was merged
-- into that. Whatever else left an id is split from it.
moves as (

    select
        moved.old_customer_id,
        moved.new_customer_id,
        case
            when moved.new_customer_id is null then 'record_moved'
            when min(retired.part_count) = 1 then 'merged_into'
            when min(retired.part_count) > 1 or count(minted.customer_id) > 0 then 'split_from'
            else 'record_moved'
        end as change,
        {{ array_aggregated('moved.record_key') }} as record_keys
    from moved
    left join retired on moved.old_customer_id = retired.customer_id
    left join minted on moved.new_customer_id = minted.customer_id
    where moved.old_customer_id is not null
    group by moved.old_customer_id, moved.new_customer_id

),

changes as (

    select
        null as old_customer_id,
        customer_id as new_customer_id,
        'minted' as change,
        record_keys
    from minted
    union all
    select * from moves

),

-- Another version of the model; or nothing new in raw, so that only other code or settings can have moved a record.
model_changes as (

    select building.build_id
    from {{ source('ops', 'current_build') }} as building
    inner join {{ source('ops', 'live') }} as live on building.build_id is not null
    inner join {{ source('ops', 'builds') }} as published on live.build_id = published.build_id
    where
        building.identity_version <> published.identity_version
        or building.horizon = published.horizon

),

final as (

    select
        change,
        case when change in ('minted', 'split_from') then new_customer_id else old_customer_id end as customer_id,
        case when change = 'split_from' then old_customer_id when change <> 'minted' then new_customer_id end
            as other_customer_id,
        case
            when new_customer_id is null then 'erased'
            when
                new_customer_id in (select decided.customer_id from decided)
                or old_customer_id in (select decided.customer_id from decided) then 'decision'
            when (select count(*) from model_changes) > 0 then 'model change'
            else 'new evidence'
        end as cause,
        record_keys
    from changes

)

select * from final
