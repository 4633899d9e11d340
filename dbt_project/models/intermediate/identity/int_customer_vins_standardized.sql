with cells as (

    {% for column in ['vin', 'trade_in_vin'] -%}
    select {{ column }} as vin_cell from {{ ref('int_customer_mentions_collected') }}
    where {{ column }} is not null

    {{ "union" if not loop.last }}

    {% endfor -%}
),

repaired as (

    select
        vin_cell,
        {{ vin_repaired('vin_cell') }} as vin,
        {{ chassis_no_repaired('vin_cell') }} as chassis_no
    from cells

),

final as (

    select
        vin_cell,
        vin,
        chassis_no,
        case when vin is not null then {{ vin_repairs('vin_cell') }} end as repairs,
        case when vin is not null then {{ vin_check_digit('vin') }} end as check_digit
    from repaired

)

select * from final
