{{ config(
    materialized='kept',
    part='standardising',
    redone={'int_customer_records_mentioned': ['record_id']},
    indexes=[{'columns': ['record_id']}],
    pre_hook="{{ records_looked_up() }}",
    post_hook="{{ rows_counted() }}",
) }}

-- depends_on: {{ ref('int_customer_records_mentioned') }}

-- A row that names a card alone stands for the card where there is one; its empty columns tell nothing.
with grouped as (

    select
        signatures.record_id,
        signatures.signature_id,
        signatures.dealer_code,
        coalesce(
            min(case when signatures.has_content then signatures.record_key end), min(signatures.record_key)
        ) as record_key,
        count(*) as mention_count,
        min(signatures.happened_at) as first_seen_at,
        max(signatures.happened_at) as last_seen_at
    from {{ ref('int_customer_record_signatures') }} as signatures
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_records_mentioned') }} as mentioned on signatures.record_id = mentioned.record_id
    {% endif -%}
    group by signatures.record_id, signatures.signature_id, signatures.dealer_code

),

final as (

    select
        record_id,
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
