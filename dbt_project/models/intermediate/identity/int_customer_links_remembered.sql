with signatures as (

    select
        signatures.record_key,
        records.record_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    inner join {{ ref('int_customer_records_unioned') }} as records
        on signatures.signature_id = records.signature_id

),

-- Links of the last published build, between the signatures that their records have now.
final as (

    select distinct
        least(left_side.record_id, right_side.record_id) as left_id,
        greatest(left_side.record_id, right_side.record_id) as right_id
    from {{ source('identity', 'current_accepted_links') }} as links
    inner join signatures as left_side on links.left_record = left_side.record_key
    inner join signatures as right_side on links.right_record = right_side.record_key

)

select * from final
