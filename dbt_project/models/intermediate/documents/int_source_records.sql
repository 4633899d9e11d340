{% set person_feeds = [
    ('stg_dms__customers', 'least(created_at, updated_at)', 'greatest(created_at, updated_at)'),
    ('stg_dms__vehicles', 'null', 'null'),
    ('stg_dms__sales', 'least(contracted_at, sold_at)', 'greatest(contracted_at, sold_at)'),
    ('stg_dms__service_orders', 'least(opened_at, closed_at)', 'greatest(opened_at, closed_at)'),
    ('stg_web__leads', 'created_at', 'created_at'),
    ('stg_telephony__calls', 'started_at', 'started_at'),
    ('stg_crm__contact_events', 'occurred_at', 'occurred_at'),
    ('stg_crm__invitations', 'sent_at', 'sent_at'),
    ('stg_crm__consents', 'occurred_at', 'occurred_at'),
    ('stg_surveys__responses', 'submitted_at', 'submitted_at'),
] -%}

with settings as (

    select * from {{ ref('int_group_settings') }}

),

records as (

    {% for model, first_moment, last_moment in person_feeds -%}
    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        {{ to_moment(first_moment) }} as first_seen_at,
        {{ to_moment(last_moment) }} as last_seen_at,
        is_absent_from_source,
        _source_file,
        _source_row,
        _delivered_on
    from {{ ref(model) }}
    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- What carries no moment of its own was seen on the day it was delivered.
final as (

    select
        records.dealer_code,
        records.source_system,
        records.entity,
        records.source_record_id,
        coalesce(records.first_seen_at, {{ local_midnight('records._delivered_on', 'settings.time_zone') }})
            as first_seen_at,
        coalesce(records.last_seen_at, {{ local_midnight('records._delivered_on', 'settings.time_zone') }})
            as last_seen_at,
        records.is_absent_from_source,
        records._source_file as source_file,
        records._source_row as source_row
    from records
    cross join settings

)

select * from final
