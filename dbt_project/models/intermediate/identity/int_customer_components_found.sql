{{ config(materialized='connected_components', edges_in_order=true, unlogged=true) }}

select
    left_node,
    right_node
from {{ links_to_cluster() }}
