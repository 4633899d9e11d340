with source as (

    {{ current_records('surveys', 'responses') }}

),

final as (

    select
        -- key
        dealer_code,
        'surveys' as source_system,
        'responses' as entity,
        source_record_id,

        -- response
        source_id,
        {{ to_moment('submitted_at') }} as submitted_at,
        cast(is_complete as boolean) as is_complete,
        touchpoint,
        token,
        related_source_id,
        questionnaire,
        questionnaire_version,

        -- answers
        cast(nps as bigint) as nps,
        cast(csat as bigint) as csat,
        comment,

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
