{{ config(materialized='connected_components') }}

with components as (

    select * from {{ ref('int_customer_components_found') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

large as (

    select components.component
    from components
    cross join settings
    group by components.component
    having count(*) > max(settings.largest_cluster)

),

oversized as (

    select components.node
    from components
    inner join large on components.component = large.component

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
