with records as (

    select
        customers.customer_id,
        standardized.*
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on standardized.signature_id = clusters.signature_id
    inner join {{ ref('int_customers_identified') }} as customers
        on clusters.cluster_id = customers.cluster_id

),

points as (

    {% for contact_type in ['phone', 'email', 'address'] -%}
    select
        customer_id,
        '{{ contact_type }}' as contact_type,
        {{ contact_type }} as contact_value,
        record_key,
        last_seen_at
    from records
    where {{ contact_type }} is not null

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

latest as (

    select
        *,
        row_number() over (
            partition by customer_id, contact_type, contact_value
            order by last_seen_at desc, record_key
        ) as sighting
    from points

),

final as (

    select
        customer_id,
        contact_type,
        contact_value,
        record_key as source_record,
        last_seen_at,
        row_number() over (
            partition by customer_id, contact_type
            order by last_seen_at desc, record_key, contact_value
        ) = 1 as is_preferred
    from latest
    where sighting = 1

)

select * from final
