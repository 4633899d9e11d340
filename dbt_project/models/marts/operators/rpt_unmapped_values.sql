with makes as (

    select * from {{ ref('int_make_models_mapped') }}
    where not is_make_known

),

vehicle_words as (

    {% for model in ['stg_dms__vehicles', 'stg_dms__sales'] -%}
    select dealer_code, source_system, entity, make, model, make_model from {{ ref(model) }}
    union all
    {% endfor -%}
    {% for model in ['stg_dms__service_orders', 'stg_web__leads', 'stg_crm__invitations'] -%}
    select dealer_code, source_system, entity, make, model, null as make_model from {{ ref(model) }}
    union all
    {% endfor -%}
    select dealer_code, source_system, entity, brand as make, null as model, null as make_model
    from {{ ref('stg_market__registrations') }}

),

unmapped as (

    select
        'make' as value_type,
        coalesce(makes.source_make, makes.source_make_model) as unmapped_value,
        vehicle_words.dealer_code, vehicle_words.source_system, vehicle_words.entity
    from vehicle_words
    inner join makes
        on {{ make_model_key('vehicle_words.make', 'vehicle_words.model', 'vehicle_words.make_model') }}
            = makes.make_model_key

    union all

    select 'department', sales.department, sales.dealer_code, sales.source_system, sales.entity
    from {{ ref('stg_dms__sales') }} as sales
    left join {{ ref('xwalk_departments') }} as known on {{ alias_of('sales.department') }} = known.alias
    where known.alias is null

    {% for value_type, column in [
        ('channel', 'source_channel'), ('lead_type', 'source_lead_type'), ('status', 'source_status'),
    ] -%}
    union all

    select '{{ "lead_status" if value_type == "status" else value_type }}', {{ column }}, dealer_code, source_system, entity
    from {{ ref('int_leads_unioned') }}
    where {{ value_type }} = 'unknown'

    {% endfor -%}
    union all

    select 'channel', source_channel, dealer_code, source_system, entity
    from {{ ref('int_contact_events_unioned') }}
    where channel = 'unknown'

    union all

    select 'touchpoint', source_touchpoint, dealer_code, source_system, entity
    from {{ ref('int_survey_responses_unioned') }}
    where touchpoint = 'unknown'

),

final as (

    select
        value_type,
        unmapped_value,
        dealer_code,
        source_system,
        entity,
        cast(count(*) as integer) as record_count
    from unmapped
    where unmapped_value is not null
    group by value_type, unmapped_value, dealer_code, source_system, entity

)

select * from final
