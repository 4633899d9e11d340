-- depends_on: {{ ref('int_customer_records_grouped') }}

-- A bare record may change its cluster though neither it nor a link of it changed: the number that it holds became
-- another's too. Nobody asks where all are clustered.
with final as (

    {% if matching_goes_on() -%}
    select * from {{ rows_of_run(ref('int_customer_records_grouped')) }}

    union

    select * from {{ ref('int_customer_records_grouped') }}
    where is_bare
    {%- else -%}
    select * from {{ ref('int_customer_records_grouped') }}
    where false
    {%- endif %}

)

select * from final
