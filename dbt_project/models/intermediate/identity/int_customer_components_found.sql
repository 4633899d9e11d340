{{ config(
    materialized='connected_components',
    edges_in_order=true,
    counted={
        'scored_links': "cast(sum(case when link_reason = 'match' then 1 else 0 end) as integer)",
        'name_links': 'cast(sum(case when rests_on_name then 1 else 0 end) as integer)',
    },
    unlogged=true,
    pre_hook="{{ small_groups_in_order() }}",
) }}

select
    left_node,
    right_node,
    link_reason,
    rests_on_name
from {{ links_to_cluster() }}
