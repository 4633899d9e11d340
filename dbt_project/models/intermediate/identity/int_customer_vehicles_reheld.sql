-- depends_on: {{ ref('int_customer_vehicles_held') }}

with final as (

    select vin from {{ rows_of_run(ref('int_customer_vehicles_held'), 'standardising') }}

    {% if standardising_goes_on() -%}
    union

    select vin from {{ rows_gone(ref('int_customer_vehicles_held')) }}
    {%- else -%}
    -- All of them: nobody asks.
    where false
    {%- endif %}

)

select * from final
