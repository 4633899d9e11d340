-- depends_on: {{ ref('int_customer_records_grouped') }}
-- depends_on: {{ ref('int_customer_records_touched') }}

-- A bare record may change its cluster though neither it nor a link of it changed: the number that it holds became
-- another's too. Nobody asks where all are clustered.
with final as (

    {% if matching_goes_on() -%}
    select
        touched.record_id,
        coalesce(grouped.component, touched.record_id) as component,
        coalesce(grouped.is_bare, false) as is_bare
    from {{ ref('int_customer_records_touched') }} as touched
    left join {{ rows_of_run(ref('int_customer_records_grouped')) }} as grouped on touched.record_id = grouped.record_id

    union

    {% endif -%}
    select
        record_id,
        component,
        is_bare
    from {{ ref('int_customer_records_grouped') }}
    where {{ 'is_bare' if matching_goes_on() else 'false' }}

)

select * from final
