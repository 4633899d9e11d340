with vehicles as (

    select * from {{ ref('int_vehicles_standardized') }}

),

readings as (

    select * from {{ ref('int_odometer_readings') }}

),

ranked as (

    select
        *,
        row_number() over (partition by vehicle_id order by read_on desc) as reading_rank,
        max(odometer_number) over (partition by vehicle_id) as last_odometer_number
    from readings

),

-- Driven per day: between the first and the last reading of the odometer that is in the car now.
driven as (

    select
        vehicle_id,
        max(case when reading_rank = 1 then odometer_km end) as last_odometer_km,
        max(read_on) as last_odometer_on,
        max(case when odometer_number = last_odometer_number then odometer_km end)
        - min(case when odometer_number = last_odometer_number then odometer_km end) as driven_km,
        {{ days_between(
            'min(case when odometer_number = last_odometer_number then read_on end)',
            'max(case when odometer_number = last_odometer_number then read_on end)'
        ) }} as driven_days
    from ranked
    group by vehicle_id

),

final as (

    select
        vehicles.vehicle_id,
        vehicles.vin,
        vehicles.chassis_no,
        vehicles.make,
        vehicles.model,
        cast(vehicles.model_year as integer) as model_year,
        cast(driven.last_odometer_km as integer) as last_odometer_km,
        driven.last_odometer_on,
        case
            when driven.driven_days >= 60 then {{ ratio('driven.driven_km', 'driven.driven_days') }}
        end as odometer_km_per_day,
        vehicles.first_seen_on,
        vehicles.last_seen_on
    from vehicles
    left join driven on vehicles.vehicle_id = driven.vehicle_id

)

select * from final
