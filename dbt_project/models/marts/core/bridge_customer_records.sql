with assigned as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

records as (

    select * from {{ ref('int_source_records') }}

),

-- A further person of a row is known as <number>#payer; it came from the same row of the file.
rows_found as (

    select
        *,
        {{ regexp_replaced('source_record_id', '#(payer|driver|referrer)$') }} as row_record_id
    from assigned

),

final as (

    select
        rows_found.customer_id,
        rows_found.dealer_code,
        rows_found.source_system,
        rows_found.entity,
        rows_found.source_record_id,
        records.source_file,
        records.source_row,
        records.first_seen_at,
        records.last_seen_at,
        {{ to_double('rows_found.link_probability') }} as link_probability,
        rows_found.link_reason,
        records.is_absent_from_source
    from rows_found
    inner join records
        on
            rows_found.dealer_code = records.dealer_code
            and rows_found.source_system = records.source_system
            and rows_found.entity = records.entity
            and rows_found.row_record_id = records.source_record_id

)

select * from final
