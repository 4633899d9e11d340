with source as (

    {{ current_records('dms', 'sales') }}

),

final as (

    select
        -- key
        dealer_code,
        'dms' as source_system,
        'sales' as entity,
        source_record_id,

        -- document
        source_id,
        {{ to_moment('sold_at') }} as sold_at,
        {{ to_moment('contracted_at') }} as contracted_at,
        document_type,
        original_source_id,
        department,
        status,
        salesperson,

        -- vehicle
        vin,
        make,
        model,
        make_model,
        cast(model_year as bigint) as model_year,
        vehicle_condition,
        trade_in_vin,

        -- money
        {{ to_amount('price_amount') }} as price_amount,
        {{ to_amount('discount_amount') }} as discount_amount,
        {{ to_amount('cost_amount') }} as cost_amount,
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
