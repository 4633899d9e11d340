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

-- Everything that a record may be reached by: all its mobile phones and landlines that are its own.
points as (

    {% for kind in ['mobile', 'landline'] -%}
    select
        records.customer_id,
        'phone' as contact_type,
        phones.phone_e164 as contact_value,
        records.record_key,
        records.last_seen_at,
        {{ loop.index }} as preference,
        phones.phone_e164 = records.phone as is_main
    from records
    {{ unnested('records.' ~ kind ~ '_phones', 'phones', 'phone_e164') }}

    union all

    {% endfor -%}
    select
        customer_id,
        'email' as contact_type,
        email as contact_value,
        record_key,
        last_seen_at,
        case when is_usable_email then 1 else 2 end as preference,
        true as is_main
    from records
    where email is not null

    union all

    select
        customer_id,
        'address' as contact_type,
        address as contact_value,
        record_key,
        last_seen_at,
        1 as preference,
        true as is_main
    from records
    where address is not null

),

latest as (

    select
        *,
        row_number() over (
            partition by customer_id, contact_type, contact_value
            order by preference, last_seen_at desc, record_key
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
        -- A mobile before a landline, then the record seen last and of its numbers the first it gives.
        row_number() over (
            partition by customer_id, contact_type
            order by preference, last_seen_at desc, record_key, case when is_main then 0 else 1 end, contact_value
        ) = 1 as is_preferred
    from latest
    where sighting = 1

)

select * from final
