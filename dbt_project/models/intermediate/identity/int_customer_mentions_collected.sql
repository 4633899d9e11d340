{{ config(
    materialized='kept',
    part='standardising',
    key='record_key',
    redone={'int_customer_mentions_received': ['record_key']},
    rows_of_run=true,
    indexes=[{'columns': ['record_key'], 'type': 'hash'}],
    pre_hook="{{ records_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_mentions_received') }}
{#- The VIN of a lead is a car in stock that was asked about, not the customer's, and is left out. -#}
{% set referrer = {'full_name': 'referrer_name', 'phone': 'referrer_phone'} %}
{% for column in ['customer_source_id'] + signature_columns() if column not in referrer %}
{% do referrer.update({column: 'null'}) %}
{% endfor %}

with mentions as (

    {{ customer_mentions_of('stg_dms__customers', 'updated_at', card='coalesce(customer_source_id, source_id)') }}

    union all

    {{ customer_mentions_of('stg_dms__vehicles', 'null', vin='vin') }}

    {% for prefix in ['', 'payer_', 'driver_'] -%}
    union all

    {{ customer_mentions_of('stg_dms__sales', 'coalesce(sold_at, contracted_at)', prefix, vin='vin',
        trade_in_vin="null" if prefix else "trade_in_vin") }}

    union all

    {{ customer_mentions_of('stg_dms__service_orders', 'closed_at', prefix, vin='vin') }}

    {% endfor -%}
    union all

    {{ customer_mentions_of('stg_web__leads', 'created_at') }}

    union all

    {{ customer_mentions_of('stg_web__leads', 'created_at', 'referrer_', columns=referrer) }}

    union all

    {{ customer_mentions_of('stg_telephony__calls', 'started_at',
        columns={'phone': "coalesce(phone, case when direction = 'in' then caller_number end)"}) }}

    union all

    {{ customer_mentions_of('stg_crm__contact_events', 'occurred_at') }}

    union all

    {{ customer_mentions_of('stg_crm__consents', 'occurred_at') }}

    union all

    {{ customer_mentions_of('stg_crm__invitations', 'sent_at') }}

    union all

    {{ customer_mentions_of('stg_surveys__responses', 'submitted_at') }}

),

final as (

    select
        *,
        -- Without gender and country, which say nothing of who it is.
        coalesce(
            full_name, last_name, first_name, middle_name, {{ to_text('birth_date') }}, phone, phone_2, phone_3, email,
            address, postal_code, tax_id, national_id, company_name
        ) is not null as has_content,
        concat(dealer_code, '/', source_system, '/', entity, '/', source_record_id) as record_key
    from mentions
    where
        coalesce(
            full_name, last_name, first_name, middle_name, {{ to_text('birth_date') }}, phone, phone_2, phone_3, email,
            address, postal_code, tax_id, national_id, company_name, customer_source_id
        ) is not null

)

select * from final
