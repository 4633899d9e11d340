-- depends_on: {{ ref('int_customer_records_restandardized') }}

with final as (

    select unioned.*
    from {{ ref('int_customer_records_unioned') }} as unioned
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_records_restandardized') }} as redone on unioned.record_id = redone.record_id
    {%- endif %}

)

select * from final
