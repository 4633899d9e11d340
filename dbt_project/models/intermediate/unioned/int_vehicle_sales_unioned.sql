with dms_sales as (

    select * from {{ ref('stg_dms__sales') }}

),

words as (

    select * from {{ ref('int_make_models_mapped') }}

),

departments as (

    select * from {{ ref('xwalk_departments') }}

),

repaired as (

    select
        *,
        {{ vin_repaired('vin') }} as repaired_vin,
        {{ chassis_no_repaired('vin') }} as repaired_chassis_no,
        {{ vin_repaired('trade_in_vin') }} as repaired_trade_in_vin,
        {{ make_model_key('make', 'model', 'make_model') }} as make_model_key,
        {{ alias_of('department') }} as department_alias
    from dms_sales

),

final as (

    select
        -- key
        sales.dealer_code,
        sales.source_system,
        sales.entity,
        sales.source_record_id,

        -- document
        sales.source_id as document_number,
        sales.original_source_id as original_document_number,
        coalesce(sales.document_type, 'sale') as document_type,
        sales.status,
        coalesce(nullif(departments.department, 'unknown'), sales.vehicle_condition, 'unknown') as department,
        sales.sold_at,
        sales.contracted_at,
        sales.salesperson,

        -- vehicle
        {{ vehicle_id('sales.repaired_vin', 'sales.repaired_chassis_no') }} as vehicle_id,
        sales.repaired_vin as vin,
        sales.repaired_chassis_no as chassis_no,
        {{ vehicle_id('sales.repaired_trade_in_vin') }} as trade_in_vehicle_id,
        sales.repaired_trade_in_vin as trade_in_vin,
        words.make,
        words.model,
        coalesce(words.is_make_known, false) as is_make_known,
        sales.model_year,
        sales.vehicle_condition,

        -- money
        sales.price_amount,
        sales.discount_amount,
        sales.cost_amount,
        sales.currency,

        -- where the row came from
        sales.is_absent_from_source,
        sales._source_file,
        sales._source_row,
        sales._batch_seq,
        sales._delivered_on

    from repaired as sales
    left join words on sales.make_model_key = words.make_model_key
    left join departments on sales.department_alias = departments.alias

)

select * from final
