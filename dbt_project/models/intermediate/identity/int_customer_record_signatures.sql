with mentions as (

    select * from {{ ref('int_customer_mentions_collected') }}

),

-- Two rows with nothing but one name in common are not one person for that.
told as (

    select
        *,
        coalesce(
            customer_source_id, phone, phone_2, phone_3, email, address, tax_id, national_id, company_name,
            {{ to_text('birth_date') }}
        ) is not null as is_tellable
    from mentions

),

signed as (

    select
        *,
        {{ hashed(
            ['dealer_code', "case when customer_source_id is not null then source_system end", 'customer_source_id']
            + signature_columns()
            + ["case when not is_tellable then record_key end"]
        ) }} as own_signature_id
    from told

),

-- The row that stands for a card when another row names the card's number alone: the register's own, the latest.
cards as (

    select
        dealer_code,
        source_system,
        customer_source_id,
        own_signature_id,
        row_number() over (
            partition by dealer_code, source_system, customer_source_id
            order by case when entity = 'customers' then 0 else 1 end, happened_at desc, record_key
        ) as card_rank
    from signed
    where
        has_content
        and customer_source_id is not null

),

final as (

    select
        signed.dealer_code,
        signed.source_system,
        signed.entity,
        signed.source_record_id,
        signed.record_key,
        coalesce(case when not signed.has_content then cards.own_signature_id end, signed.own_signature_id)
            as signature_id,
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
