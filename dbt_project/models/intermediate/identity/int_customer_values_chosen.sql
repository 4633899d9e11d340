{#- As in int_customer_contact_points: the golden phone is the preferred one. -#}
{%- set contact_preferences = {
    'email': "case when is_usable_email then 0 else 1 end",
    'phone': "case when " ~ array_joined('mobile_phones') ~ " <> '' then 0 else 1 end",
    'address': "0",
} -%}

with records as (

    select
        customers.customer_id,
        standardized.*,
        case standardized.entity
            when 'customers' then 1
            when 'sales' then 2
            when 'vehicles' then 3
            when 'service_orders' then 4
            when 'consents' then 5
            else 6
        end as source_rank
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on standardized.signature_id = clusters.signature_id
    inner join {{ ref('int_customers_identified') }} as customers
        on clusters.cluster_id = customers.cluster_id

),

-- The name comes from one record: the fullest, of the most trusted source, the latest.
named as (

    select
        *,
        first_value(record_id) over (
            partition by customer_id
            order by
                case when length(last_name) > 1 then 0 else 1 end
                + case when length(first_name) > 1 then 0 else 1 end
                + case when length(middle_name) > 1 then 0 else 1 end,
                source_rank,
                last_seen_at desc,
                record_key
        ) as name_record_id
    from records

),

-- Contacts come from the record that was seen last; what does not change comes from the most trusted.
candidates as (

    select
        customer_id,
        'name' as attribute,
        record_id,
        record_key,
        case when record_id = name_record_id then 0 else 1 end as preference,
        last_seen_at
    from named

    {% for attribute in ['middle_name', 'gender', 'birth_date', 'tax_id', 'company_name'] -%}
    union all

    select
        customer_id,
        '{{ attribute }}' as attribute,
        record_id,
        record_key,
        case when record_id = name_record_id then 0 else source_rank end as preference,
        last_seen_at
    from named
    where {{ attribute }} is not null

    {% endfor -%}
    {% for attribute, preference in contact_preferences.items() -%}
    union all

    select
        customer_id,
        '{{ attribute }}' as attribute,
        record_id,
        record_key,
        {{ preference }} as preference,
        last_seen_at
    from named
    where {{ attribute }} is not null

    {% endfor -%}
),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, attribute
            order by preference, last_seen_at desc, record_key
        ) as choice
    from candidates

),

final as (

    select
        customer_id,
        attribute,
        record_id,
        record_key
    from ranked
    where choice = 1

)

select * from final
