{{ config(materialized='separated_components') }}

with links as (

    select * from {{ links_to_cluster() }}

),

contested as (

    select distinct component from {{ ref('int_customer_conflicts_standing') }}

),

-- Nothing stands where no guard had to look: between two whom a steward told apart there is no link.
doubtful as (

    select
        components.node,
        components.least_bits
    from {{ ref('int_customer_components_guarded') }} as components
    left join contested on components.component = contested.component
    where
        components.least_bits = {{ bits_of_a_decision() }}
        or contested.component is not null

),

final as (

    select
        links.left_node,
        links.right_node,
        case when links.match_weight >= doubtful.least_bits then {{ strength_of_link() }} end as match_weight,
        false as is_conflict
    from links
    inner join doubtful on links.left_node = doubtful.node

    union all

    select
        left_node,
        right_node,
        {{ to_double('null') }} as match_weight,
        true as is_conflict
    from {{ ref('int_customer_conflicts_standing') }}

)

select * from final
