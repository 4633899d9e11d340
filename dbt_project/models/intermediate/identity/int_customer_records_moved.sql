with published as (

    select * from {{ source('identity', 'current_record_map') }}

),

assigned as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

-- A record without a customer before is new; one without a customer now carries no person any more.
final as (

    select
        coalesce(published.dealer_code, assigned.dealer_code) as dealer_code,
        coalesce(published.source_system, assigned.source_system) as source_system,
        coalesce(published.entity, assigned.entity) as entity,
        coalesce(published.source_record_id, assigned.source_record_id) as source_record_id,
        published.customer_id as old_customer_id,
        assigned.customer_id as new_customer_id
    from published
    full outer join assigned
        on {{ same_record('published', 'assigned') }}
    where coalesce(published.customer_id, '') <> coalesce(assigned.customer_id, '')

)

select * from final
