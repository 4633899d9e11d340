with told_apart as (

    select left_record as record_key from {{ source('ops', 'decisions') }}
    where decision = 'no_link'

    union

    select right_record as record_key from {{ source('ops', 'decisions') }}
    where decision = 'no_link'

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
    left join told_apart on mentions.record_key = told_apart.record_key

),

signed as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        record_key,
        customer_source_id,
        has_content,
        happened_at,
        is_told_apart,
        {{ hashed(
            ['dealer_code', "case when customer_source_id is not null then source_system end", 'customer_source_id']
            + signature_columns()
            + ["case when not is_tellable then record_key end"]
        ) }} as own_signature_id
    from told

),

cards_named_alone as (

    select distinct
        dealer_code,
        source_system,
        customer_source_id
    from signed
    where not has_content

),

-- The row that stands for a card when another row names the card's number alone: the register's own, the latest.
cards as (

    select
        signed.dealer_code,
        signed.source_system,
        signed.customer_source_id,
        signed.own_signature_id,
        row_number() over (
            partition by signed.dealer_code, signed.source_system, signed.customer_source_id
            order by case when signed.entity = 'customers' then 0 else 1 end, signed.happened_at desc, signed.record_key
        ) as card_rank
    from signed
    inner join cards_named_alone as named
        on
            signed.dealer_code = named.dealer_code
            and signed.source_system = named.source_system
            and signed.customer_source_id = named.customer_source_id
    where signed.has_content

),

final as (

    select
        signed.dealer_code,
        signed.source_system,
        signed.entity,
        signed.source_record_id,
        signed.record_key,
        coalesce(
            case when not (signed.has_content or signed.is_told_apart) then cards.own_signature_id end,
            signed.own_signature_id
        ) as signature_id,
        signed.has_content,
        signed.happened_at
    from signed
    left join cards
        on
            signed.dealer_code = cards.dealer_code
            and signed.source_system = cards.source_system
            and signed.customer_source_id = cards.customer_source_id
            and cards.card_rank = 1

)

select * from final
