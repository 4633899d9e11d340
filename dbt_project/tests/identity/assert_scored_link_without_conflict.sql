-- Two who contradict each other are not linked by their score: macro hard_rule says so of each pair, and the guards
-- rely on it where all are linked with each other. Namesakes contradict as wholes.
with conflicts as (

    select * from {{ ref('int_customer_conflicts_found') }}

),

links as (

    select * from {{ ref('int_customer_links_proposed') }}

),

final as (

    select
        conflicts.left_node,
        conflicts.right_node,
        conflicts.conflict
    from conflicts
    inner join links
        on
            conflicts.left_node = links.left_node
            and conflicts.right_node = links.right_node
    where
        links.link_reason = 'match'
        and conflicts.conflict <> 'two namesakes'

)

select * from final
