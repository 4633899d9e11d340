{{ config(materialized='connected_components') }}

select
    left_node,
    right_node
from {{ ref('int_customer_links_proposed') }}
