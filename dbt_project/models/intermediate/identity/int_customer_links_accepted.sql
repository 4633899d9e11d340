with clusters as (

    select * from {{ ref('int_customer_records_clustered') }}

),

records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

final as (

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
        cast(links.match_weight as double precision) as match_weight,
        cast(links.match_probability as double precision) as match_probability
    from {{ ref('int_customer_links_proposed') }} as links
    inner join clusters as left_clusters on links.left_node = left_clusters.record_id
    inner join clusters as right_clusters on links.right_node = right_clusters.record_id
    inner join records as left_records on links.left_node = left_records.record_id
    inner join records as right_records on links.right_node = right_records.record_id
    where left_clusters.cluster_id = right_clusters.cluster_id

)

select * from final
