with source as (

    {{ current_records('dms', 'vehicles') }}

),

final as (

    select
        -- key
        dealer_code,
        'dms' as source_system,
        'vehicles' as entity,
        source_record_id,

        -- vehicle
        source_id,
        vin,
        chassis_no,
        plate,
        make,
        model,
        make_model,
        cast(model_year as bigint) as model_year,
        cast(odometer_km as bigint) as odometer_km,
        cast(first_registered_on as date) as first_registered_on,

        -- person
        {{ person_columns() }},

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
