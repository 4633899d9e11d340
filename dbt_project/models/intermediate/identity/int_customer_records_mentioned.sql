-- depends_on: {{ ref('int_customer_record_signatures') }}

with final as (

    select record_id from {{ rows_of_run(ref('int_customer_record_signatures'), 'standardising') }}

    {% if standardising_goes_on() -%}
    union

    select record_id from {{ rows_gone(ref('int_customer_record_signatures')) }}
    {%- else -%}
    -- All of them: nobody asks.
    where false
    {%- endif %}

)

select * from final
