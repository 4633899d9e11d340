{{ config(materialized='connected_components') }}

select
    left_node,
    right_node
from {{ rows_of_run(ref('int_customer_links_clustered')) }}
