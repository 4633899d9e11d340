with vehicles as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        'registered' as role,
        {{ vin_repaired('vin') }} as vin,
        coalesce({{ chassis_no_repaired('chassis_no') }}, {{ chassis_no_repaired('vin') }}) as chassis_no,
        {{ make_model_key('make', 'model', 'make_model') }} as make_model_key,
        coalesce(model_year, cast(extract(year from first_registered_on) as bigint)) as model_year,
        odometer_km,
        _delivered_on as seen_on
    from {{ ref('stg_dms__vehicles') }}

),

sales as (

    select
        sales.*,
        {{ make_model_key('sales.make', 'sales.model', 'sales.make_model') }} as make_model_key,
        {{ local_date('coalesce(sales.sold_at, sales.contracted_at)', 'settings.time_zone') }} as seen_on
    from {{ ref('stg_dms__sales') }} as sales
    cross join {{ ref('int_group_settings') }} as settings

),

service_orders as (

    select
        orders.*,
        {{ make_model_key('orders.make', 'orders.model') }} as make_model_key,
        {{ local_date('orders.closed_at', 'settings.time_zone') }} as seen_on
    from {{ ref('stg_dms__service_orders') }} as orders
    cross join {{ ref('int_group_settings') }} as settings

),

words as (

    select * from {{ ref('int_make_models_mapped') }}

),

unioned as (

    select * from vehicles

    union all

    select
        dealer_code, source_system, entity, source_record_id, 'sold' as role,
        {{ vin_repaired('vin') }} as vin, {{ chassis_no_repaired('vin') }} as chassis_no,
        make_model_key, model_year, cast(null as bigint) as odometer_km, seen_on
    from sales

    union all

    select
        dealer_code, source_system, entity, source_record_id, 'traded_in' as role,
        {{ vin_repaired('trade_in_vin') }} as vin, cast(null as {{ text_type() }}) as chassis_no,
        {{ make_model_key() }} as make_model_key, null as model_year, null as odometer_km, seen_on
    from sales

    union all

    select
        dealer_code, source_system, entity, source_record_id, 'serviced' as role,
        {{ vin_repaired('vin') }} as vin, {{ chassis_no_repaired('vin') }} as chassis_no,
        make_model_key, null as model_year, odometer_km, seen_on
    from service_orders

),

final as (

    select
        {{ vehicle_id('unioned.vin', 'unioned.chassis_no') }} as vehicle_id,
        unioned.dealer_code, unioned.source_system, unioned.entity, unioned.source_record_id, unioned.role,
        unioned.vin, unioned.chassis_no,
        words.make, words.model, words.is_make_known,
        unioned.model_year, unioned.odometer_km, unioned.seen_on
    from unioned
    left join words on unioned.make_model_key = words.make_model_key
    where unioned.vin is not null or unioned.chassis_no is not null

)

select * from final
