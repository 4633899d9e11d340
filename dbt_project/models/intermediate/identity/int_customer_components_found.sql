{{ config(materialized='connected_components', pre_hook="{{ large_sorts_allowed() }}") }}

select
    left_node,
    right_node
from {{ ref('int_customer_links_proposed') }}
