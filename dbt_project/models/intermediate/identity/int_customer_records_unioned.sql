-- A row that names a card alone stands for the card where there is one; its empty columns tell nothing.
with grouped as (

    select
        signature_id,
        dealer_code,
        coalesce(min(case when has_content then record_key end), min(record_key)) as record_key,
        count(*) as mention_count,
        min(happened_at) as first_seen_at,
        max(happened_at) as last_seen_at
    from {{ ref('int_customer_record_signatures') }}
    group by signature_id, dealer_code

),

final as (

    select
        {{ hashed_64('signature_id') }} as record_id,
        signature_id,
        record_key,
        dealer_code,
        -- Of its key: the row itself would have to be looked up for every signature.
        split_part(record_key, '/', 2) as source_system,
        split_part(record_key, '/', 3) as entity,
        mention_count,
        first_seen_at,
        last_seen_at
    from grouped

)

select * from final
