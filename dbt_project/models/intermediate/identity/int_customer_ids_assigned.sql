with signatures as (

    select * from {{ ref('int_customer_record_signatures') }}

),

clusters as (

    select * from {{ ref('int_customer_records_clustered') }}

),

customers as (

    select * from {{ ref('int_customers_identified') }}

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
        clusters.link_reason
    from signatures
    inner join clusters on signatures.signature_id = clusters.signature_id
    inner join customers on clusters.cluster_id = customers.cluster_id

)

select * from final
