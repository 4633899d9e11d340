with source as (

    {{ current_records('telephony', 'calls') }}

),

final as (

    select
        -- key
        dealer_code,
        'telephony' as source_system,
        'calls' as entity,
        source_record_id,

        -- call
        source_id,
        {{ to_moment('started_at') }} as started_at,
        direction,
        caller_number,
        dealer_number,
        cast(duration_s as bigint) as duration_s,
        outcome,
        employee,

        -- what call tracking says
        channel,
        campaign,

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
