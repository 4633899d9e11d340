{{ config(materialized='connected_components') }}

-- Where no name alone joins anybody, nobody needs to know what would be one without it. Tables that are read twice are
-- named twice: a table expression that is read twice is made whole, in one process.
with named as (

    select distinct components.component
    from {{ links_to_cluster() }} as links
    inner join {{ ref('int_customer_components_guarded') }} as components on links.left_node = components.node
    where
        links.rests_on_name
        and links.match_weight >= components.least_bits
        and components.least_bits < {{ bits_of_a_decision() }}

),

members as (

    select
        components.node,
        components.least_bits
    from {{ ref('int_customer_components_guarded') }} as components
    inner join named on components.component = named.component

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
