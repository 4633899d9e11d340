with source as (

    {{ current_records('crm', 'invitations') }}

),

final as (

    select
        -- key
        dealer_code,
        'crm' as source_system,
        'invitations' as entity,
        source_record_id,

        -- invitation
        source_id,
        {{ to_moment('sent_at') }} as sent_at,
        invitation_type,
        make,
        model,
        cast(event_date as date) as event_date,
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
