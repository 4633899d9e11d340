with source as (

    {{ current_records('dms', 'customers') }}

),

final as (

    select
        -- key
        dealer_code,
        'dms' as source_system,
        'customers' as entity,
        source_record_id,

        -- card
        source_id,
        {{ to_moment('created_at') }} as created_at,
        {{ to_moment('updated_at') }} as updated_at,

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
