with activities as (

    select * from {{ ref('int_customer_activities_scoped') }}
    -- Organisations are a base of their own; a retention rate of persons does not mix them in.
    where is_customer and customer_type = 'person' and activity_type <> 'return'

),

days as (

    select distinct
        scope_type,
        scope_code,
        customer_id,
        coalesce(vehicle_id, '') as vehicle_id,
        business_date,
        counts_until
    from activities

),

final as (

    select
        scope_type,
        scope_code,
        customer_id,
        nullif(vehicle_id, '') as vehicle_id,
        business_date,
        counts_until,
        -- Among the days that count for good: at any moment only the last one before it needs to be looked at.
        lead(business_date) over (
            partition by scope_type, scope_code, customer_id, vehicle_id, counts_until
            order by business_date
        ) as next_business_date
    from days

)

select * from final
