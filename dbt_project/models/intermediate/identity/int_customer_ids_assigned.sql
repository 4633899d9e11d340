with signatures as (

    select * from {{ ref('int_customer_record_signatures') }}

),

clusters as (

    select * from {{ ref('int_customer_records_clustered') }}

),

customers as (

    select * from {{ ref('int_customers_identified') }}

),

links as (

    select * from {{ ref('int_customer_links_explained') }}
    where status = 'accepted'

),

final as (

    select
        signatures.dealer_code,
        signatures.source_system,
        signatures.entity,
        signatures.source_record_id,
        signatures.record_key,
        signatures.signature_id,
        clusters.cluster_id,
        customers.customer_id,
        clusters.link_probability,
        case
            when not signatures.has_content then 'attached to the card that its row names'
            when links.reason is not null then links.reason
            when clusters.link_reason = 'only customer with it'
                then 'no name; its phone or e-mail is of this customer alone'
            when clusters.link_reason = 'customer who has it most'
                then 'no name; most records with its phone or e-mail are of this customer'
            when clusters.link_reason = 'nobody named with it'
                then 'no name; same phone or e-mail as others without a name'
            when count(*) over (partition by clusters.cluster_id) = 1 then 'the only record of its customer'
            when
                min(clusters.record_id) over (partition by clusters.cluster_id)
                = max(clusters.record_id) over (partition by clusters.cluster_id)
                then 'same details in every record of its customer'
            else 'the named record; the others have its phone or e-mail and no name'
        end as link_reason
    from signatures
    inner join clusters on signatures.record_id = clusters.record_id
    inner join customers on clusters.cluster_id = customers.cluster_id
    left join links
        on
            least(clusters.record_id, clusters.linked_to_record_id) = links.left_id
            and greatest(clusters.record_id, clusters.linked_to_record_id) = links.right_id

)

select * from final
