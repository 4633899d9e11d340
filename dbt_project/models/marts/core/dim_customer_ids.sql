with registry as (

    select * from {{ source('identity', 'customer_registry') }}

),

record_map as (

    select * from {{ source('identity', 'record_map') }}

),

assigned as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

current_ids as (

    select distinct customer_id from assigned

),

-- The records an id had when it was last in use. Open entries are the newest.
last_periods as (

    select
        *,
        dense_rank() over (
            partition by customer_id
            order by valid_to_build_id desc nulls first
        ) as period_rank
    from record_map

),

-- Where those records are now. A retired id resolves to who has most of them; several parts make it a split.
heirs as (

    select
        last_periods.customer_id as published_customer_id,
        assigned.customer_id,
        count(*) over (partition by last_periods.customer_id) as part_count,
        row_number() over (
            partition by last_periods.customer_id
            order by count(*) desc, assigned.customer_id
        ) as part_rank
    from last_periods
    inner join assigned
        on {{ same_record('last_periods', 'assigned') }}
    where last_periods.period_rank = 1
    group by last_periods.customer_id, assigned.customer_id

),

resolved as (

    select
        registry.customer_id as published_customer_id,
        coalesce(current_ids.customer_id, heirs.customer_id) as customer_id,
        case
            when current_ids.customer_id is not null then 'current'
            when heirs.part_count > 1 then 'split'
            when heirs.part_count = 1 then 'merged'
            else 'erased'
        end as status,
        registry.status as published_status,
        registry.merged_into as published_heir,
        registry.changed_at as published_changed_at
    from registry
    left join current_ids on registry.customer_id = current_ids.customer_id
    left join heirs
        on
            registry.customer_id = heirs.published_customer_id
            and heirs.part_rank = 1

),

-- What this build changes is dated with its beginning, as publish dates it.
published as (

    select
        resolved.published_customer_id,
        resolved.customer_id,
        resolved.status,
        case
            when resolved.status <> resolved.published_status then build.started_at
            when resolved.status = 'merged' and resolved.customer_id <> resolved.published_heir then build.started_at
            else resolved.published_changed_at
        end as changed_at
    from resolved
    cross join {{ source('ops', 'current_build') }} as build

),

-- Ids that this build gives for the first time become official when it is published.
proposed as (

    select
        current_ids.customer_id as published_customer_id,
        current_ids.customer_id,
        'current' as status,
        build.started_at as changed_at
    from current_ids
    cross join {{ source('ops', 'current_build') }} as build
    left join registry on current_ids.customer_id = registry.customer_id
    where registry.customer_id is null

),

final as (

    select * from published
    union all
    select * from proposed

)

select * from final
