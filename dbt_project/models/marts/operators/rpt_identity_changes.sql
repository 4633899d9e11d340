with published as (

    select * from {{ source('identity', 'customer_id_history') }}

),

-- What this build changes is in the history when it is published.
proposed as (

    select
        current_build.build_id,
        changes.*,
        current_build.started_at as happened_at
    from {{ ref('int_customer_id_changes') }} as changes
    cross join {{ source('ops', 'current_build') }} as current_build

),

changes as (

    select build_id, happened_at, change, customer_id, other_customer_id, cause, record_keys from published
    union all
    select build_id, happened_at, change, customer_id, other_customer_id, cause, record_keys from proposed

),

final as (

    select
        {{ hashed(['build_id', 'change', 'customer_id', 'other_customer_id']) }} as change_id,
        build_id,
        happened_at,
        change,
        customer_id,
        other_customer_id,
        cause,
        cast(cardinality(record_keys) as integer) as record_count,
        {{ array_joined('record_keys') }} as record_keys
    from changes
    where change <> 'minted'

)

select * from final
