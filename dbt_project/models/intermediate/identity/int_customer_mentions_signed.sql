-- depends_on: {{ ref('int_customer_mentions_resigned') }}

with told_apart as (

    select record_key from {{ ref('int_customer_mentions_told_apart') }}
    where is_told_apart

),

-- Two rows with nothing but one name in common are not one person for that; nor are two that a steward told apart,
-- though they say the same.
told as (

    select
        mentions.*,
        told_apart.record_key is not null as is_told_apart,
        told_apart.record_key is null
        and coalesce(
            mentions.customer_source_id,
            mentions.phone,
            mentions.phone_2,
            mentions.phone_3,
            mentions.email,
            mentions.address,
            mentions.tax_id,
            mentions.national_id,
            mentions.company_name,
            {{ to_text('mentions.birth_date') }}
        ) is not null as is_tellable
    from {{ ref('int_customer_mentions_collected') }} as mentions
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_mentions_resigned') }} as redone on mentions.record_key = redone.record_key
    {% endif -%}
    left join told_apart on mentions.record_key = told_apart.record_key

),

final as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        record_key,
        {{ card_id() }} as card_id,
        has_content,
        happened_at,
        is_told_apart,
        {{ hashed(
            ['dealer_code', "case when customer_source_id is not null then source_system end", 'customer_source_id']
            + signature_columns()
            + ["case when not is_tellable then record_key end"]
        ) }} as own_signature_id
    from told

)

select * from final
