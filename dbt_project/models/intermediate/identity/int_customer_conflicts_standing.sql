with conflicts as (

    select * from {{ ref('int_customer_conflicts_found') }}

),

components as (

    select * from {{ ref('int_customer_components_guarded') }}

),

linked_parts as (

    select * from {{ ref('int_customer_parts_linked') }}

),

-- A steward's word counts in a component of any size, and against any link.
told_apart as (

    select
        left_components.component,
        decisions.left_id as left_node,
        decisions.right_id as right_node
    from {{ ref('int_customer_decisions_resolved') }} as decisions
    inner join components as left_components on decisions.left_id = left_components.node
    inner join components as right_components on decisions.right_id = right_components.node
    where
        decisions.decision = 'no_link'
        and left_components.component = right_components.component

),

-- Whoever links two records answers for what contradicts between all that is one with either: birth dates, names, tax
-- numbers, a person and a company.
final as (

    select
        component,
        left_node,
        right_node,
        'decided' as conflict
    from told_apart

    union all

    select
        conflicts.component,
        conflicts.left_node,
        conflicts.right_node,
        conflicts.conflict
    from conflicts
    left join told_apart
        on
            conflicts.left_node = told_apart.left_node
            and conflicts.right_node = told_apart.right_node
    left join linked_parts as left_parts on conflicts.left_node = left_parts.node
    left join linked_parts as right_parts on conflicts.right_node = right_parts.node
    where
        told_apart.left_node is null
        and coalesce(left_parts.component <> right_parts.component, true)

)

select * from final
