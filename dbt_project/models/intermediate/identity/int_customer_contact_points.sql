with records as (

    select
        customers.customer_id,
        standardized.*
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on standardized.record_id = clusters.record_id
    inner join {{ ref('int_customers_identified') }} as customers
        on clusters.cluster_id = customers.cluster_id

),

chosen as (

    select * from {{ ref('int_customer_values_chosen') }}

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
        points.*,
        case when chosen.record_key is not null and points.is_main then 0 else 1 end as golden_rank,
        row_number() over (
            partition by points.customer_id, points.contact_type, points.contact_value
            order by
                case when chosen.record_key is not null and points.is_main then 0 else 1 end,
                points.preference,
                points.last_seen_at desc,
                points.record_key
        ) as sighting
    from points
    left join chosen
        on
            points.customer_id = chosen.customer_id
            and points.contact_type = chosen.attribute
            and points.record_key = chosen.record_key

),

final as (

    select
        customer_id,
        contact_type,
        contact_value,
        record_key as source_record,
        last_seen_at,
        -- The golden value, which the golden row's rules choose.
        row_number() over (
            partition by customer_id, contact_type
            order by golden_rank, preference, last_seen_at desc, record_key, contact_value
        ) = 1 as is_preferred
    from latest
    where sighting = 1

)

select * from final
