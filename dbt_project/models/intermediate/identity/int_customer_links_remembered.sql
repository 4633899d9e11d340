{{ config(pre_hook="{{ pairs_left_unsorted() }}") }}

-- All that says the same as one of these; a signature may have thousands, so they are met one link at a time.
with mentions as (

    select
        signatures.record_key,
        signatures.signature_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    where
        signatures.signature_id in (
            select wavering.first_signature_id from {{ ref('int_customer_pairs_wavering') }} as wavering
        )
        or signatures.signature_id in (
            select wavering.second_signature_id from {{ ref('int_customer_pairs_wavering') }} as wavering
        )

),

-- Links of the last published build: between the signatures that their records have now, and between the signatures
-- themselves, where the record that stood for one says something else today and others still say the same. What a
-- steward or a card linked holds as long as these say so.
linked_signatures as (

    select
        least(left_side.signature_id, right_side.signature_id) as first_signature_id,
        greatest(left_side.signature_id, right_side.signature_id) as second_signature_id
    from {{ source('identity', 'current_accepted_links') }} as links
    inner join mentions as left_side on links.left_record = left_side.record_key
    inner join mentions as right_side on links.right_record = right_side.record_key
    where links.link_reason = 'match'

    union all

    select
        least(left_signature_id, right_signature_id) as first_signature_id,
        greatest(left_signature_id, right_signature_id) as second_signature_id
    from {{ source('identity', 'current_accepted_links') }}
    where link_reason = 'match'

),

remembered as (

    select distinct
        wavering.left_id,
        wavering.right_id
    from {{ ref('int_customer_pairs_wavering') }} as wavering
    inner join linked_signatures
        on
            wavering.first_signature_id = linked_signatures.first_signature_id
            and wavering.second_signature_id = linked_signatures.second_signature_id

),

{% if matching_goes_on() -%}
remembered_before as (

    select * from {{ this }}
    where is_remembered

),

final as (

    select
        coalesce(remembered.left_id, remembered_before.left_id) as left_id,
        coalesce(remembered.right_id, remembered_before.right_id) as right_id,
        remembered.left_id is not null as is_remembered,
        remembered_before.left_id is not null as was_remembered
    from remembered
    full outer join remembered_before
        on
            remembered.left_id = remembered_before.left_id
            and remembered.right_id = remembered_before.right_id

)
{%- else -%}
final as (

    select
        *,
        true as is_remembered,
        true as was_remembered
    from remembered

)
{%- endif %}

select * from final
