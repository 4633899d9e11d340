{{ config(materialized='connected_components') }}

with oversized as (

    select node
    from {{ ref('int_customer_components_suspected') }}
    where is_large

),

-- In a component without end only what is beyond doubt counts; a record that nothing so strong holds is alone.
final as (

    select
        links.left_node,
        case
            when links.match_weight >= {{ bits_beyond_doubt() }} then links.right_node else links.left_node
        end as right_node
    from {{ links_to_cluster() }} as links
    inner join oversized on links.left_node = oversized.node

    union

    select
        node as left_node,
        node as right_node
    from oversized

)

select * from final
