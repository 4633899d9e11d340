{{ config(unlogged=true) }}

-- depends_on: {{ ref('int_customer_records_touched') }}

-- The links of those who are clustered again. Nobody asks where all are: macro links_to_cluster.
with final as (

    select links.*
    from {{ ref('int_customer_links_proposed') }} as links
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_records_touched') }} as touched on links.left_node = touched.record_id
    {%- else -%}
    where false
    {%- endif %}

)

select * from final
