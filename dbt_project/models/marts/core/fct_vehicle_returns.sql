with returns as (

    select * from {{ ref('int_vehicle_returns_linked') }}

),

final as (

    select
        return_id,
        sale_id,
        dealer_code,
        source_system,
        entity,
        source_record_id,
        customer_id,
        vehicle_id,
        returned_at,
        business_date,
        dealer_local_date,
        is_time_assumed,
        vehicle_condition,
        make,
        model,
        net_amount
    from returns

)

select * from final
