with mentions as (

    select * from {{ ref('int_customer_mentions_collected') }}

),

signatures as (

    select * from {{ ref('int_customer_record_signatures') }}

),

-- A row that names a card alone stands for the card where there is one; its empty columns tell nothing.
ranked as (

    select
        signatures.signature_id,
        mentions.*,
        row_number() over (
            partition by signatures.signature_id
            order by case when mentions.has_content then 0 else 1 end, mentions.record_key
        ) as mention_rank,
        count(*) over (partition by signatures.signature_id) as mention_count,
        min(mentions.happened_at) over (partition by signatures.signature_id) as first_seen_at,
        max(mentions.happened_at) over (partition by signatures.signature_id) as last_seen_at
    from mentions
    inner join signatures on mentions.record_key = signatures.record_key

),

final as (

    select
        {{ hashed_64('signature_id') }} as record_id,
        signature_id,
        record_key,
        dealer_code,
        source_system,
        entity,
        customer_source_id,
        {% for column in signature_columns() -%}
        {{ column }},
        {% endfor -%}
        mention_count,
        first_seen_at,
        last_seen_at
    from ranked
    where mention_rank = 1

)

select * from final
