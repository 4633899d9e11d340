{{ config(
    materialized='kept',
    part='standardising',
    key='vin',
    redone={'int_customer_vehicles_reheld': ['vin']},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    indexes=[{'columns': ['vin'], 'type': 'hash'}, {'columns': ['record_id']}],
    pre_hook="{{ records_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_vehicles_reheld') }}

with held as (

    select distinct
        held.record_id,
        held.vin
    from {{ ref('int_customer_vehicles_held') }} as held
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_vehicles_reheld') }} as redone on held.vin = redone.vin
    {%- endif %}

),

records as (

    select
        held.record_id,
        held.vin,
        records.customer_type,
        records.last_name_key
    from held
    inner join {{ ref('int_customer_records_cleaned') }} as records on held.record_id = records.record_id

),

-- A car that companies or many people have held tells nothing of any of them.
holders as (

    select
        vin,
        count(distinct left(last_name_key, 3)) as surname_count,
        max(case when customer_type = 'organisation' then 1 else 0 end) = 1 as is_company_car
    from records
    group by vin

),

final as (

    select
        records.record_id,
        records.vin,
        not holders.is_company_car and holders.surname_count <= 5 as is_usable
    from records
    inner join holders on records.vin = holders.vin

)

select * from final
