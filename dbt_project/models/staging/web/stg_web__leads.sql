with source as (

    {{ current_records('web', 'leads') }}

),

final as (

    select
        -- key
        dealer_code,
        'web' as source_system,
        'leads' as entity,
        source_record_id,

        -- request
        source_id,
        {{ to_moment('created_at') }} as created_at,
        lead_type,
        status,
        assigned_to,
        consent_text_id,
        comments,

        -- where it came from
        channel,
        utm_source,
        utm_medium,
        utm_campaign,
        referrer_name,
        referrer_phone,

        -- vehicle asked about
        make,
        model,
        vin,

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
