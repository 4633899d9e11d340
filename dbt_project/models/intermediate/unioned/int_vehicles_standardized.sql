with sightings as (

    select * from {{ ref('int_vehicles_unioned') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

manufacturers as (

    select vin_manufacturers.wmi, makes.make
    from {{ ref('vin_manufacturers') }} as vin_manufacturers
    inner join {{ ref('xwalk_vehicle_makes') }} as makes
        on {{ alias_of('vin_manufacturers.manufacturer') }} = makes.alias

),

year_codes as (

    select * from {{ ref('vin_model_years') }}

),

-- What was said last is taken, known makes before unknown ones.
named as (

    select
        *,
        row_number() over (
            partition by vehicle_id
            order by
                case when is_make_known then 0 when make is not null then 1 else 2 end,
                case when model is not null then 0 else 1 end,
                seen_on desc nulls last, dealer_code, entity, source_record_id, role
        ) as name_rank,
        row_number() over (
            partition by vehicle_id
            order by
                case when model_year is not null then 0 else 1 end,
                seen_on desc nulls last, dealer_code, entity, source_record_id, role
        ) as year_rank
    from sightings

),

vehicles as (

    select
        vehicle_id,
        max(vin) as vin,
        max(case when vin is null then chassis_no end) as chassis_no,
        max(case when name_rank = 1 then make end) as make,
        max(case when name_rank = 1 then model end) as model,
        max(case when year_rank = 1 then model_year end) as model_year,
        min(seen_on) as first_seen_on,
        max(seen_on) as last_seen_on
    from named
    group by vehicle_id

),

final as (

    select
        vehicles.vehicle_id,
        vehicles.vin,
        vehicles.chassis_no,
        coalesce(vehicles.make, manufacturers.make) as make,
        vehicles.model,
        -- Position 10 stands for two years, thirty apart: the later one that is not to come.
        coalesce(
            vehicles.model_year,
            case
                when year_codes.second_year <= extract(year from settings.as_of_date) + 1 then year_codes.second_year
                else year_codes.first_year
            end
        ) as model_year,
        vehicles.first_seen_on,
        vehicles.last_seen_on
    from vehicles
    cross join settings
    left join manufacturers on substring(vehicles.vin, 1, 3) = manufacturers.wmi
    left join year_codes on substring(vehicles.vin, 10, 1) = year_codes.code

)

select * from final
