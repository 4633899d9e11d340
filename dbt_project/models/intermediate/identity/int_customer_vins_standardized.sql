{{ config(pre_hook="{{ records_looked_up() }}") }}

-- depends_on: {{ ref('int_customer_mentions_resigned') }}

with cells as (

    {% for column in ['vin', 'trade_in_vin'] -%}
    select mentions.{{ column }} as vin_cell
    from {{ ref('int_customer_mentions_collected') }} as mentions
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_mentions_resigned') }} as redone on mentions.record_key = redone.record_key
    {% endif -%}
    where mentions.{{ column }} is not null

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
