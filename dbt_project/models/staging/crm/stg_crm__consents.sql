with source as (

    {{ current_records('crm', 'consents') }}

),

final as (

    select
        -- key
        dealer_code,
        'crm' as source_system,
        'consents' as entity,
        source_record_id,

        -- consent
        source_id,
        {{ to_moment('occurred_at') }} as occurred_at,
        controller,
        purpose,
        channel,
        status,
        text_version,

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
