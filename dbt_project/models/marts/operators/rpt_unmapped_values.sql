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
        coalesce(makes.source_make, makes.source_make_model) as unmapped_value,
        vehicle_words.dealer_code, vehicle_words.source_system, vehicle_words.entity
    from vehicle_words
    inner join makes on vehicle_words.make_model_key = makes.make_model_key

    union all

    select
        'department' as value_type,
        sales.department as unmapped_value,
        sales.dealer_code, sales.source_system, sales.entity
    from {{ ref('stg_dms__sales') }} as sales
    left join {{ ref('xwalk_departments') }} as known on {{ alias_of('sales.department') }} = known.alias
    where known.alias is null

    {% for value_type, column, model in [
        ('channel', 'channel', 'int_leads_unioned'),
        ('lead_type', 'lead_type', 'int_leads_unioned'),
        ('lead_status', 'status', 'int_leads_unioned'),
        ('channel', 'channel', 'int_contact_events_unioned'),
        ('touchpoint', 'touchpoint', 'int_survey_responses_unioned'),
    ] -%}
    union all

    select
        '{{ value_type }}' as value_type,
        source_{{ column }} as unmapped_value,
        dealer_code, source_system, entity
    from {{ ref(model) }}
    where {{ column }} = 'unknown'

    {% endfor -%}

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
