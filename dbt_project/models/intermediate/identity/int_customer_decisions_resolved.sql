with decisions as (

    select * from {{ source('ops', 'decisions') }}

),

decided as (

    select left_record as record_key from decisions

    union

    select right_record as record_key from decisions

),

-- Of the few records that are decided about; it is read twice, and would be made of all.
signatures as (

    select
        decided.record_key,
        records.record_id
    from decided
    inner join {{ ref('int_customer_record_signatures') }} as signatures on decided.record_key = signatures.record_key
    inner join {{ ref('int_customer_records_unioned') }} as records
        on signatures.signature_id = records.signature_id

),

final as (

    select distinct
        least(left_side.record_id, right_side.record_id) as left_id,
        greatest(left_side.record_id, right_side.record_id) as right_id,
        decisions.decision
    from decisions
    inner join signatures as left_side on decisions.left_record = left_side.record_key
    inner join signatures as right_side on decisions.right_record = right_side.record_key
    where left_side.record_id <> right_side.record_id

)

select * from final
