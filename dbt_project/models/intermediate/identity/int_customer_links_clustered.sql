{{ config(
    materialized='kept',
    redone={'int_customer_records_touched': ['left_node']},
    unlogged=true,
    rows_of_run=true,
) }}

-- depends_on: {{ ref('int_customer_records_touched') }}

-- What is clustered in this run: the next one finds by it which links have changed. After records_touched, which
-- compares with the run before; of a link that changed both ends are touched.
with final as (

    select links.*
    from {{ ref('int_customer_links_proposed') }} as links
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_records_touched') }} as touched on links.left_node = touched.record_id
    {%- endif %}

)

select * from final
