-- Tables that are read twice are named twice: a table expression that is read twice is not read in parallel.
with final as (

    select
        least(left_records.record_key, right_records.record_key) as left_record,
        greatest(left_records.record_key, right_records.record_key) as right_record,
        case
            when left_records.record_key < right_records.record_key then left_records.signature_id
            else right_records.signature_id
        end as left_signature_id,
        case
            when left_records.record_key < right_records.record_key then right_records.signature_id
            else left_records.signature_id
        end as right_signature_id,
        links.link_reason,
        {{ to_double('links.match_weight') }} as match_weight,
        {{ to_double('links.match_probability') }} as match_probability,
        links.left_node as left_id,
        links.right_node as right_id
    from {{ ref('int_customer_links_proposed') }} as links
    inner join {{ ref('int_customer_records_clustered') }} as left_side on links.left_node = left_side.record_id
    inner join {{ ref('int_customer_records_clustered') }} as right_side on links.right_node = right_side.record_id
    inner join {{ ref('int_customer_records_unioned') }} as left_records on links.left_node = left_records.record_id
    inner join {{ ref('int_customer_records_unioned') }} as right_records on links.right_node = right_records.record_id
    where left_side.cluster_id = right_side.cluster_id

)

select * from final
