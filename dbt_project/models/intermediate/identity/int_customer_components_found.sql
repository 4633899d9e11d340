{{ config(materialized='connected_components') }}

-- depends_on: {{ ref('int_customer_records_touched') }}

select
    links.left_node,
    links.right_node
from {{ ref('int_customer_links_proposed') }} as links
{% if matching_goes_on() -%}
inner join {{ ref('int_customer_records_touched') }} as touched on links.left_node = touched.record_id
{%- endif %}
