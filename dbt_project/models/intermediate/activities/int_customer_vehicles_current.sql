with ownerships as (

    select * from {{ ref('int_vehicle_ownerships') }}
    where valid_to is null

),

vehicles as (

    select * from {{ ref('dim_vehicles') }}

),

final as (

    select
        ownerships.customer_id,
        ownerships.vehicle_id,
        ownerships.valid_from,
        vehicles.make,
        vehicles.model,
        vehicles.model_year,
        row_number() over (
            partition by ownerships.customer_id
            order by ownerships.valid_from desc, ownerships.vehicle_id
        ) as recency_rank
    from ownerships
    inner join vehicles on ownerships.vehicle_id = vehicles.vehicle_id

)

select * from final
