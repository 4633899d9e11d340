with source as (

    {{ current_records('crm', 'contact_events') }}

),

final as (

    select
        -- key
        dealer_code,
        'crm' as source_system,
        'contact_events' as entity,
        source_record_id,

        -- contact
        source_id,
        {{ to_moment('occurred_at') }} as occurred_at,
        direction,
        channel,
        topic,
        outcome,
        employee,
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
