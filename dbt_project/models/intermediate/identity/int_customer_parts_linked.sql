{{ config(materialized='connected_components') }}

with parts as (

    select * from {{ ref('int_customer_records_parted') }}

),

final as (

    select
        node as left_node,
        component as right_node
    from parts

    union

    select
        decisions.left_id as left_node,
        decisions.right_id as right_node
    from {{ ref('int_customer_decisions_resolved') }} as decisions
    inner join parts on decisions.left_id = parts.node
    where decisions.decision = 'link'

)

select * from final
