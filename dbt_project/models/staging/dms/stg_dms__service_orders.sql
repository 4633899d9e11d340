with source as (

    {{ current_records('dms', 'service_orders') }}

),

final as (

    select
        -- key
        dealer_code,
        'dms' as source_system,
        'service_orders' as entity,
        source_record_id,

        -- order
        source_id,
        {{ to_moment('closed_at') }} as closed_at,
        {{ to_moment('opened_at') }} as opened_at,
        job_type,
        paid_by,
        advisor,
        complaint,

        -- vehicle
        vin,
        plate,
        make,
        model,
        cast(odometer_km as bigint) as odometer_km,

        -- money
        {{ to_amount('labor_amount') }} as labor_amount,
        {{ to_amount('parts_amount') }} as parts_amount,
        currency,

        -- person
        {{ person_columns() }},
        {{ person_columns('payer_') }},
        {{ person_columns('driver_') }},

        -- where the row came from
        _is_absent as is_absent_from_source,
        _source_file,
        _source_row,
        _batch_id,
        _batch_seq,
        _delivered_on,
        _loaded_at

    from source

)

select * from final
