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

signatures as (

    select
        wavering.left_id,
        wavering.right_id,
        left_records.signature_id as left_signature_id,
        right_records.signature_id as right_signature_id
    from wavering
    inner join {{ ref('int_customer_records_unioned') }} as left_records on wavering.left_id = left_records.record_id
    inner join {{ ref('int_customer_records_unioned') }} as right_records on wavering.right_id = right_records.record_id

),

-- Links of the last published build: between the signatures that their records have now, and between the signatures
-- themselves, where the record that stood for one says something else today and others still say the same.
final as (

    select
        signatures.left_id,
        signatures.right_id
    from signatures
    inner join {{ ref('int_customer_record_signatures') }} as left_side
        on signatures.left_signature_id = left_side.signature_id
    inner join {{ ref('int_customer_record_signatures') }} as right_side
        on signatures.right_signature_id = right_side.signature_id
    inner join links
        on
            least(left_side.record_key, right_side.record_key) = links.left_record
            and greatest(left_side.record_key, right_side.record_key) = links.right_record

    union

    select
        signatures.left_id,
        signatures.right_id
    from signatures
    inner join links
        on
            least(signatures.left_signature_id, signatures.right_signature_id)
            = least(links.left_signature_id, links.right_signature_id)
            and greatest(signatures.left_signature_id, signatures.right_signature_id)
            = greatest(links.left_signature_id, links.right_signature_id)

)

select * from final
