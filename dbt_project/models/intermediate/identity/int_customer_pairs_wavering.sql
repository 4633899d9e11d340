{{ config(pre_hook="{{ pairs_left_unsorted() }}") }}

with settings as (

    {{ match_settings_in_one_row() }}

),

-- Few pairs hang on what was: no longer sure enough to be linked, and too sure to be parted. What the version takes for
-- namesakes of one house was never right, however long it held.
wavering as (

    select
        pairs.left_id,
        pairs.right_id
    from {{ ref('int_customer_pairs_scored') }} as pairs
    cross join settings
    where
        pairs.match_probability >= settings.keep_probability
        and pairs.match_probability < pairs.accepted_from
        and (pairs.accepted_from <= 1 or pairs.is_name_alone)

),

final as (

    select
        wavering.left_id,
        wavering.right_id,
        least(left_records.signature_id, right_records.signature_id) as first_signature_id,
        greatest(left_records.signature_id, right_records.signature_id) as second_signature_id
    from wavering
    inner join {{ ref('int_customer_records_unioned') }} as left_records on wavering.left_id = left_records.record_id
    inner join {{ ref('int_customer_records_unioned') }} as right_records on wavering.right_id = right_records.record_id

)

select * from final
