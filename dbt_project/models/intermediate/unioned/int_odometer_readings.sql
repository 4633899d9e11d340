with sightings as (

    select * from {{ ref('int_vehicles_unioned') }}
    where odometer_km > 0

),

daily as (

    select
        vehicle_id,
        seen_on as read_on,
        max(odometer_km) as odometer_km
    from sightings
    group by vehicle_id, seen_on

),

compared as (

    select
        *,
        case
            when odometer_km < lag(odometer_km) over (partition by vehicle_id order by read_on) then 1
            else 0
        end as is_decrease
    from daily

),

-- A lower reading than the one before is a typo there or another odometer: what is driven is counted anew from it.
final as (

    select
        vehicle_id,
        read_on,
        odometer_km,
        is_decrease = 1 as is_decrease,
        sum(is_decrease) over (
            partition by vehicle_id
            order by read_on
            rows between unbounded preceding and current row
        ) as odometer_number
    from compared

)

select * from final
