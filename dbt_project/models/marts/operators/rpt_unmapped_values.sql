with makes as (

    select * from {{ ref('int_make_models_mapped') }}
    where not is_make_known

),

vehicle_words as (

    {% for model in ['stg_dms__vehicles', 'stg_dms__sales'] -%}
    select dealer_code, source_system, entity, {{ make_model_key('make', 'model', 'make_model') }} as make_model_key
    from {{ ref(model) }}
    union all
    {% endfor -%}
    {% for model in ['stg_dms__service_orders', 'stg_web__leads', 'stg_crm__invitations'] -%}
    select dealer_code, source_system, entity, {{ make_model_key('make', 'model') }} as make_model_key
    from {{ ref(model) }}
    union all
    {% endfor -%}
    select dealer_code, source_system, entity, {{ make_model_key('brand') }} as make_model_key
    from {{ ref('stg_market__registrations') }}

),

unmapped as (

    select
        'make' as value_type,
        coalesce(makes.source_make, makes.source_make_model) as value,
        cast(null as {{ text_type() }}) as told_of,
        vehicle_words.dealer_code, vehicle_words.source_system, vehicle_words.entity
    from vehicle_words
    inner join makes on vehicle_words.make_model_key = makes.make_model_key

    {% for column, model in [
        ('department', 'stg_dms__sales'),
        ('invitation_type', 'stg_crm__invitations'),
        ('purpose', 'stg_crm__consents'),
        ('channel', 'stg_crm__consents'),
    ] -%}
    union all

    select
        '{{ column }}' as value_type, cells.{{ column }} as value, {{ phone_key('cells.phone') }} as told_of,
        cells.dealer_code, cells.source_system, cells.entity
    from {{ ref(model) }} as cells
    left join {{ ref({'purpose': 'xwalk_consent_purposes'}.get(column, 'xwalk_' ~ column ~ 's')) }} as known
        on {{ alias_of('cells.' ~ column) }} = known.alias
    where known.alias is null

    {% endfor -%}
    {% for value_type, column, model, unknown, told_of in [
        ('channel', 'channel', 'int_leads_unioned', 'unknown', 'phone_key'),
        ('lead_type', 'lead_type', 'int_leads_unioned', 'unknown', 'phone_key'),
        ('lead_status', 'status', 'int_leads_unioned', 'unknown', 'phone_key'),
        ('channel', 'channel', 'int_contact_events_unioned', 'unknown', 'phone_key'),
        ('topic', 'topic', 'int_contact_events_unioned', 'other', 'phone_key'),
        ('touchpoint', 'touchpoint', 'int_survey_responses_unioned', 'unknown', 'null'),
    ] -%}
    union all

    select
        '{{ value_type }}' as value_type, source_{{ column }} as value, {{ told_of }} as told_of,
        dealer_code, source_system, entity
    from {{ ref(model) }}
    where {{ column }} = '{{ unknown }}'

    {% endfor -%}
    union all

    select word_column as value_type, source_word as value, null as told_of, dealer_code, source_system, entity
    from {{ ref('int_words_unmapped') }}

),

-- Free text may hold names. A short word without figures that was written of five people is none.
judged as (

    select
        value_type,
        value,
        case
            when value_type in ('topic', 'invitation_type', 'purpose')
                then
                    count(distinct told_of) >= 5
                    and length(value) <= 30
                    and not {{ regexp_matched('value', '[0-9@]') }}
            else
                length(value) <= 60
                and not {{ regexp_matched('value', '@') }}
                and length({{ regexp_replaced('value', '[^0-9]') }}) < 7
        end as is_word
    from unmapped
    where value is not null
    group by value_type, value

),

final as (

    select
        unmapped.value_type,
        case when judged.is_word then unmapped.value else '(free text)' end as unmapped_value,
        unmapped.dealer_code,
        unmapped.source_system,
        unmapped.entity,
        cast(count(*) as integer) as record_count
    from unmapped
    inner join judged on unmapped.value_type = judged.value_type and unmapped.value = judged.value
    group by
        unmapped.value_type,
        case when judged.is_word then unmapped.value else '(free text)' end,
        unmapped.dealer_code,
        unmapped.source_system,
        unmapped.entity

)

select * from final
