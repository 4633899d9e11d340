-- A row that names a card alone stands for the card where there is one; its empty columns tell nothing.
with grouped as (

    select
        signature_id,
        coalesce(min(case when has_content then record_key end), min(record_key)) as record_key,
        count(*) as mention_count,
        min(happened_at) as first_seen_at,
        max(happened_at) as last_seen_at
    from {{ ref('int_customer_record_signatures') }}
    group by signature_id

),

final as (

    select
        {{ hashed_64('grouped.signature_id') }} as record_id,
        grouped.signature_id,
        grouped.record_key,
        mentions.dealer_code,
        mentions.source_system,
        mentions.entity,
        grouped.mention_count,
        grouped.first_seen_at,
        grouped.last_seen_at
    from grouped
    inner join {{ ref('int_customer_record_signatures') }} as mentions on grouped.record_key = mentions.record_key

)

select * from final
