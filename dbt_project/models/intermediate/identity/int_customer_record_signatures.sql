{{ config(
    materialized='kept',
    part='standardising',
    key='record_key',
    redone={'int_customer_mentions_resigned': ['record_key']},
    rows_of_run=true,
    rows_gone=true,
    indexes=[
        {'columns': ['record_key'], 'type': 'hash'},
        {'columns': ['card_id']},
        {'columns': ['record_id']},
    ],
    pre_hook="{{ records_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_mentions_resigned') }}

with signed as (

    select * from {{ ref('int_customer_mentions_signed') }}

),

cards_named_alone as (

    select distinct card_id from signed
    where not has_content

),

rows_of_cards as (

    select
        signed.card_id,
        signed.entity,
        signed.happened_at,
        signed.record_key,
        signed.own_signature_id
    from signed
    inner join cards_named_alone as named on signed.card_id = named.card_id
    where signed.has_content

    {% if standardising_goes_on() -%}
    union all

    select
        standing.card_id,
        standing.entity,
        standing.happened_at,
        standing.record_key,
        standing.signature_id as own_signature_id
    from {{ this }} as standing
    inner join cards_named_alone as named on standing.card_id = named.card_id
    left join {{ ref('int_customer_mentions_resigned') }} as redone on standing.record_key = redone.record_key
    where
        standing.has_content
        and redone.record_key is null
    {%- endif %}

),

-- The row that stands for a card when another row names the card's number alone: the register's own, the latest.
cards as (

    select
        card_id,
        own_signature_id,
        row_number() over (
            partition by card_id
            order by case when entity = 'customers' then 0 else 1 end, happened_at desc, record_key
        ) as card_rank
    from rows_of_cards

),

told_by_card as (

    select
        signed.dealer_code,
        signed.source_system,
        signed.entity,
        signed.source_record_id,
        signed.record_key,
        signed.card_id,
        coalesce(
            case when not (signed.has_content or signed.is_told_apart) then cards.own_signature_id end,
            signed.own_signature_id
        ) as signature_id,
        signed.has_content,
        signed.happened_at
    from signed
    left join cards
        on
            signed.card_id = cards.card_id
            and cards.card_rank = 1

),

final as (

    select
        *,
        {{ hashed_64('signature_id') }} as record_id
    from told_by_card

)

select * from final
