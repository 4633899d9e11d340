with members as (

    select * from {{ ref('int_households') }}

),

vehicles as (

    select
        customer_id,
        vehicle_id
    from {{ ref('int_vehicle_ownerships') }}
    where valid_to is null

),

-- A car that husband and wife both brought is one car.
final as (

    select
        {{ to_text('members.household_id') }} as household_id,
        cast(count(distinct members.customer_id) as integer) as member_count,
        cast(count(distinct vehicles.vehicle_id) as integer) as vehicle_count
    from members
    left join vehicles on members.customer_id = vehicles.customer_id
    group by members.household_id

)

select * from final
