-- Words that neither the contract nor the dealer's YAML knows: null in raw, the dealer's own cell beside. Staging does
-- not carry those cells, so they are read where it reads.
{% set word_columns = {
    'crm__consents': ['status', 'gender', 'consent_marketing'],
    'crm__contact_events': ['direction', 'gender', 'consent_marketing'],
    'crm__invitations': ['gender', 'consent_marketing'],
    'dms__customers': ['gender', 'consent_marketing'],
    'dms__sales': [
        'document_type', 'status', 'vehicle_condition', 'gender', 'consent_marketing',
        'payer_gender', 'payer_consent_marketing', 'driver_gender', 'driver_consent_marketing',
    ],
    'dms__service_orders': [
        'paid_by', 'gender', 'consent_marketing',
        'payer_gender', 'payer_consent_marketing', 'driver_gender', 'driver_consent_marketing',
    ],
    'dms__vehicles': ['gender', 'consent_marketing'],
    'surveys__responses': ['gender', 'consent_marketing'],
    'telephony__calls': ['direction', 'gender', 'consent_marketing'],
    'web__leads': ['gender', 'consent_marketing'],
} -%}

with {% for feed, columns in word_columns.items() -%}
{{ feed }} as (

    select
        {% for column in columns -%}
        case when {{ column }} is null then {{ json_text('_source_cells', column) }} end as {{ column }},
        {% endfor -%}
        dealer_code,
        source_record_id
    from ({{ current_records(*feed.split('__')) }}) as current_versions
    where _source_cells is not null

),

{% endfor -%}
unioned as (

    {% for feed, columns in word_columns.items() -%}
    {% set feed_loop = loop -%}
    {% for column in columns -%}
    select
        dealer_code,
        '{{ feed.split('__')[0] }}' as source_system,
        '{{ feed.split('__')[1] }}' as entity,
        source_record_id,
        '{{ column }}' as word_column,
        {{ column }} as source_word
    from {{ feed }}
    where {{ column }} is not null
    {{ "union all" if not (loop.last and feed_loop.last) }}

    {% endfor -%}
    {% endfor -%}
),

final as (

    select * from unioned

)

select * from final
