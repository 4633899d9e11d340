with pairs as (

    select * from {{ ref('int_customer_pairs_reviewed') }}

),

explained as (

    select * from {{ ref('int_customer_links_explained') }}
    where status = 'under review'

),

records as (

    select
        records.record_id,
        records.record_key,
        customers.customer_id
    from {{ ref('int_customer_records_unioned') }} as records
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on records.record_id = clusters.record_id
    inner join {{ ref('int_customers_identified') }} as customers
        on clusters.cluster_id = customers.cluster_id

),

sizes as (

    select
        customer_id,
        count(*) as record_count
    from {{ ref('int_customer_ids_assigned') }}
    group by customer_id

),

keyed as (

    select
        least(left_records.record_key, right_records.record_key) as left_record,
        greatest(left_records.record_key, right_records.record_key) as right_record,
        case
            when left_records.record_key < right_records.record_key then left_records.customer_id
            else right_records.customer_id
        end as left_customer_id,
        case
            when left_records.record_key < right_records.record_key then right_records.customer_id
            else left_records.customer_id
        end as right_customer_id,
        left_sizes.record_count + right_sizes.record_count as record_count,
        pairs.match_weight,
        pairs.match_probability,
        pairs.waits_because
    from pairs
    inner join records as left_records on pairs.left_id = left_records.record_id
    inner join records as right_records on pairs.right_id = right_records.record_id
    inner join sizes as left_sizes on left_records.customer_id = left_sizes.customer_id
    inner join sizes as right_sizes on right_records.customer_id = right_sizes.customer_id

),

final as (

    select
        keyed.left_record,
        keyed.right_record,
        keyed.left_customer_id,
        keyed.right_customer_id,
        row_number() over (
            order by
                -- A name alone is right less often than its probability says.
                case when keyed.waits_because = 'nothing but the name agrees' then 1 else 0 end,
                keyed.record_count * keyed.match_probability desc,
                keyed.left_record,
                keyed.right_record
        ) as review_order,
        keyed.record_count,
        keyed.match_weight,
        keyed.match_probability,
        explained.sentence,
        keyed.waits_because
    from keyed
    left join explained
        on
            keyed.left_record = explained.left_record
            and keyed.right_record = explained.right_record

)

select * from final
