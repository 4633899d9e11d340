{{ config(materialized='separated_components') }}

with components as (

    select * from {{ ref('int_customer_components_guarded') }}

),

conflicts as (

    select * from {{ ref('int_customer_conflicts_standing') }}

),

links as (

    select * from {{ links_to_cluster() }}

),

doubtful as (

    select
        node,
        least_bits
    from components
    where
        least_bits = {{ bits_of_a_decision() }}
        or component in (select conflicts.component from conflicts)

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
        cast(null as decimal(18, 6)) as match_weight,
        true as is_conflict
    from conflicts

)

select * from final
