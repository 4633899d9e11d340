{{ config(materialized='separated_components') }}

with components as (

    select * from {{ ref('int_customer_components_guarded') }}

),

conflicts as (

    select * from {{ ref('int_customer_conflicts_found') }}

),

links as (

    select * from {{ links_to_cluster() }}

),

decisions as (

    select * from {{ ref('int_customer_decisions_resolved') }}

),

-- What a steward linked although something contradicts: into which parts would it fall without him?
doubtful as (

    select
        components.node,
        components.least_bits
    from components
    where
        components.component in (select conflicts.component from conflicts)
        and components.component in (
            select linked.component
            from components as linked
            inner join decisions on linked.node = decisions.left_id
            where decisions.decision = 'link'
        )

),

final as (

    select
        links.left_node,
        links.right_node,
        case
            when links.link_reason <> 'decision' and links.match_weight >= doubtful.least_bits
                then {{ strength_of_link() }}
        end as match_weight,
        false as is_conflict
    from links
    inner join doubtful on links.left_node = doubtful.node

    union all

    select
        conflicts.left_node,
        conflicts.right_node,
        {{ to_double('null') }} as match_weight,
        true as is_conflict
    from conflicts
    inner join doubtful on conflicts.left_node = doubtful.node

    union all

    select
        decisions.left_id as left_node,
        decisions.right_id as right_node,
        {{ to_double('null') }} as match_weight,
        true as is_conflict
    from decisions
    inner join doubtful on decisions.left_id = doubtful.node
    where decisions.decision = 'no_link'

)

select * from final
