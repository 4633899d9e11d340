with settings as (

    {{ match_settings_in_one_row() }}

),

links as (

    -- What a steward or a card linked holds as long as the decision or the card says so, and not because it once held.
    select * from {{ source('identity', 'current_accepted_links') }}
    where link_reason = 'match'

),

-- Few pairs hang on what was: no longer sure enough to be linked, and too sure to be parted.
wavering as (

    select
        pairs.left_id,
        pairs.right_id
    from {{ ref('int_customer_pairs_scored') }} as pairs
    cross join settings
    where
        pairs.match_probability >= settings.keep_probability
        and pairs.match_probability < pairs.accepted_from

),

wavering_signatures as (

    select
        wavering.left_id,
        wavering.right_id,
        left_records.signature_id as left_signature_id,
        right_records.signature_id as right_signature_id
    from wavering
    inner join {{ ref('int_customer_records_unioned') }} as left_records on wavering.left_id = left_records.record_id
    inner join {{ ref('int_customer_records_unioned') }} as right_records on wavering.right_id = right_records.record_id

),

-- All that says the same as one of these; a signature may have thousands, so they are met one link at a time.
mentions as (

    select
        signatures.record_key,
        signatures.signature_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    where
        signatures.signature_id in (select wavering_signatures.left_signature_id from wavering_signatures)
        or signatures.signature_id in (select wavering_signatures.right_signature_id from wavering_signatures)

),

-- Links of the last published build: between the signatures that their records have now, and between the signatures
-- themselves, where the record that stood for one says something else today and others still say the same.
linked_signatures as (

    select
        least(left_side.signature_id, right_side.signature_id) as first_signature_id,
        greatest(left_side.signature_id, right_side.signature_id) as second_signature_id
    from links
    inner join mentions as left_side on links.left_record = left_side.record_key
    inner join mentions as right_side on links.right_record = right_side.record_key

    union all

    select
        least(left_signature_id, right_signature_id) as first_signature_id,
        greatest(left_signature_id, right_signature_id) as second_signature_id
    from links

),

final as (

    select distinct
        wavering_signatures.left_id,
        wavering_signatures.right_id
    from wavering_signatures
    inner join linked_signatures
        on
            least(wavering_signatures.left_signature_id, wavering_signatures.right_signature_id)
            = linked_signatures.first_signature_id
            and greatest(wavering_signatures.left_signature_id, wavering_signatures.right_signature_id)
            = linked_signatures.second_signature_id

)

select * from final
