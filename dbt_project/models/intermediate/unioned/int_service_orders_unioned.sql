with dms_orders as (

    select * from {{ ref('stg_dms__service_orders') }}

),

words as (

    select * from {{ ref('int_make_models_mapped') }}

),

repaired as (

    select
        *,
        {{ vin_repaired('vin') }} as repaired_vin,
        {{ chassis_no_repaired('vin') }} as repaired_chassis_no,
        {{ make_model_key('make', 'model') }} as make_model_key
    from dms_orders

),

final as (

    select
        -- key
        orders.dealer_code,
        orders.source_system,
        orders.entity,
        orders.source_record_id,

        -- order
        orders.source_id as document_number,
        orders.opened_at,
        orders.closed_at,
        orders.job_type,
        case
            when orders.paid_by is not null then orders.paid_by
            when coalesce(orders.labor_amount, 0) = 0 and coalesce(orders.parts_amount, 0) = 0 then 'unknown'
            else 'customer'
        end as paid_by,
        orders.complaint is not null as has_complaint,

        -- vehicle
        {{ vehicle_id('orders.repaired_vin', 'orders.repaired_chassis_no') }} as vehicle_id,
        orders.repaired_vin as vin,
        orders.repaired_chassis_no as chassis_no,
        {{ plate_standardized('orders.plate') }} as plate,
        words.make,
        words.model,
        coalesce(words.is_make_known, false) as is_make_known,
        orders.odometer_km,

        -- money
        orders.labor_amount,
        orders.parts_amount,
        orders.currency,

        -- where the row came from
        orders.is_absent_from_source,
        orders._source_file,
        orders._source_row,
        orders._delivered_on

    from repaired as orders
    left join words on orders.make_model_key = words.make_model_key

)

select * from final
