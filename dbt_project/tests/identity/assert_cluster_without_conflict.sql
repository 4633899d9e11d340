-- What cannot be one person is not one cluster: the guards have cut everywhere.
with conflicts as (

    select * from {{ ref('int_customer_conflicts_standing') }}

),

clusters as (

    select * from {{ ref('int_customer_records_clustered') }}

),

final as (

    select
        conflicts.left_node,
        conflicts.right_node,
        conflicts.conflict
    from conflicts
    inner join clusters as left_side on conflicts.left_node = left_side.record_id
    inner join clusters as right_side on conflicts.right_node = right_side.record_id
    where left_side.cluster_id = right_side.cluster_id

)

select * from final
