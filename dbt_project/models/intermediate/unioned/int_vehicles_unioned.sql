with registered as (

    select
        *,
        {{ vin_repaired('vin') }} as repaired_vin,
        coalesce({{ chassis_no_repaired('chassis_no') }}, {{ chassis_no_repaired('vin') }}) as repaired_chassis_no,
        {{ make_model_key('make', 'model', 'make_model') }} as make_model_key
    from {{ ref('stg_dms__vehicles') }}

),

words as (

    select * from {{ ref('int_make_models_mapped') }}

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

sales as (

    select
        sales.*,
        {{ business_date(
            'coalesce(sales.sold_at, sales.contracted_at)',
            'coalesce(dealers.time_zone, settings.time_zone)', 'settings.time_zone'
        ) }} as seen_on
    from {{ ref('int_vehicle_sales_unioned') }} as sales
    cross join {{ ref('int_group_settings') }} as settings
    left join dealers on sales.dealer_code = dealers.dealer_code

),

service_orders as (

    select
        orders.*,
        {{ business_date(
            'orders.closed_at', 'coalesce(dealers.time_zone, settings.time_zone)', 'settings.time_zone'
        ) }} as seen_on
    from {{ ref('int_service_orders_unioned') }} as orders
    cross join {{ ref('int_group_settings') }} as settings
    left join dealers on orders.dealer_code = dealers.dealer_code

),

unioned as (

    select
        registered.dealer_code, registered.source_system, registered.entity, registered.source_record_id,
        'registered' as role,
        registered.repaired_vin as vin, registered.repaired_chassis_no as chassis_no,
        words.make, words.model, coalesce(words.is_make_known, false) as is_make_known,
        coalesce(registered.model_year, cast(extract(year from registered.first_registered_on) as bigint))
            as model_year,
        registered.odometer_km, registered._delivered_on as seen_on
    from registered
    left join words on registered.make_model_key = words.make_model_key

    union all

    select
        dealer_code, source_system, entity, source_record_id, 'sold' as role,
        vin, chassis_no, make, model, is_make_known, model_year, cast(null as bigint) as odometer_km, seen_on
    from sales

    union all

    select
        dealer_code, source_system, entity, source_record_id, 'traded_in' as role,
        trade_in_vin as vin, cast(null as {{ text_type() }}) as chassis_no,
        cast(null as {{ text_type() }}) as make, cast(null as {{ text_type() }}) as model, false as is_make_known,
        cast(null as bigint) as model_year, cast(null as bigint) as odometer_km, seen_on
    from sales

    union all

    select
        dealer_code, source_system, entity, source_record_id, 'serviced' as role,
        vin, chassis_no, make, model, is_make_known, cast(null as bigint) as model_year, odometer_km, seen_on
    from service_orders

),

final as (

    select
        {{ vehicle_id('vin', 'chassis_no') }} as vehicle_id,
        *
    from unioned
    where vin is not null or chassis_no is not null

)

select * from final
