{{ config(materialized='connected_components') }}

-- Where no name alone joins anybody, nobody needs to know what would be one without it.
with members as (

    select
        node,
        least_bits
    from {{ ref('int_customer_components_guarded') }}
    where
        has_name_link
        and least_bits < {{ bits_of_a_decision() }}

),

final as (

    select
        links.left_node,
        links.right_node
    from {{ links_to_cluster() }} as links
    inner join members on links.left_node = members.node
    where
        not links.rests_on_name
        and links.match_weight >= members.least_bits

    union all

    select
        node as left_node,
        node as right_node
    from members

)

select * from final
