with links as (

    -- What a steward or a card linked holds as long as the decision or the card says so, and not because it once held.
    select * from {{ source('identity', 'current_accepted_links') }}
    where link_reason = 'match'

),

{% for side in ['left', 'right'] -%}
-- Tables that are read twice are named twice: a table expression that is read twice is made whole, in one process.
{{ side }}_records as (

    select
        signatures.record_key,
        records.record_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    inner join {{ ref('int_customer_records_unioned') }} as records on signatures.signature_id = records.signature_id

),

{% endfor -%}
-- Links of the last published build: between the signatures that their records have now, and between the signatures
-- themselves, where the record that stood for one says something else today and others still say the same.
final as (

    select
        least(left_side.record_id, right_side.record_id) as left_id,
        greatest(left_side.record_id, right_side.record_id) as right_id
    from links
    inner join left_records as left_side on links.left_record = left_side.record_key
    inner join right_records as right_side on links.right_record = right_side.record_key

    union

    select
        least(left_side.record_id, right_side.record_id) as left_id,
        greatest(left_side.record_id, right_side.record_id) as right_id
    from links
    inner join {{ ref('int_customer_records_unioned') }} as left_side
        on links.left_signature_id = left_side.signature_id
    inner join {{ ref('int_customer_records_unioned') }} as right_side
        on links.right_signature_id = right_side.signature_id

)

select * from final
