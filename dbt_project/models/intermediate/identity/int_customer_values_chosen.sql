{#-
    Per attribute: what has to be there, what makes two records say the same, how complete it is, and what comes first
    whatever the rule. Name and address are taken whole from one record.
-#}
{%- set attributes = {
    'name': ("true", "concat_ws('|', last_name_key, first_name_key, middle_name_key)", columns_known(['last_name', 'first_name', 'middle_name']), "0"),
    'gender': ("gender is not null", "gender", "1", "0"),
    'birth_date': ("is_usable_birth_date and is_plausible_birth_date", to_text('birth_date'), "1", "0"),
    'phone': ("phone is not null", "phone", "1",
        "case when " ~ array_joined('mobile_phones') ~ " <> '' then 0 else 1 end"),
    'email': ("email is not null", "email", "1", "case when is_usable_email then 0 else 1 end"),
    'address': ("address is not null", "concat_ws('|', street_key, address_numbers, city_key)",
        columns_known(['address', 'city', 'region', 'postal_code']), "0"),
    'tax_id': ("tax_id is not null", "tax_id", "1", "0"),
    'company_name': ("company_name is not null", "company_key", columns_known(['company_name']), "0"),
} -%}

with records as (

    select
        customers.customer_id,
        standardized.*,
        coalesce(sources.trust, 9) as trust
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on standardized.record_id = clusters.record_id
    inner join {{ ref('int_customers_identified') }} as customers
        on clusters.cluster_id = customers.cluster_id
    left join {{ ref('source_trust') }} as sources
        on
            standardized.source_system = sources.source_system
            and standardized.entity = sources.entity

),

rules as (

    select * from {{ ref('golden_rules') }}

),

candidates as (

    {% for attribute, (condition, same_value, known_parts, preference) in attributes.items() -%}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        record_id,
        record_key,
        {{ same_value }} as value_key,
        {{ known_parts }} as known_parts,
        {{ preference }} as preference,
        trust,
        mention_count,
        last_seen_at
    from records
    where {{ condition }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

counted as (

    select
        candidates.*,
        rules.rule,
        sum(candidates.mention_count) over (
            partition by candidates.customer_id, candidates.attribute, candidates.value_key
        ) as times_said
    from candidates
    inner join rules on candidates.attribute = rules.attribute

),

-- The attribute's own rule first, the others where it leaves a choice.
ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, attribute
            order by
                preference,
                case rule
                    when 'most_complete' then -known_parts
                    when 'most_trusted' then trust
                    when 'most_frequent' then -times_said
                end,
                case when rule = 'most_recent' then last_seen_at end desc nulls last,
                known_parts desc,
                times_said desc,
                trust,
                last_seen_at desc,
                record_key
        ) as choice
    from counted

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
