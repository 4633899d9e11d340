{{ config(materialized='kept', redone={'int_customer_records_changed': ['record_id']}, unlogged=true) }}

-- depends_on: {{ ref('int_customer_records_changed') }}
-- depends_on: {{ ref('int_customer_records_standardized') }}

with final as (

    {% if matching_goes_on() -%}
    select
        record_id,
        fingerprint,
        card_id
    from {{ ref('int_customer_records_changed') }}
    where fingerprint is not null
    {%- else -%}
    select
        records.record_id,
        records.fingerprint,
        {{ card_id_where_usable() }} as card_id
    from {{ ref('int_customer_records_standardized') }} as records
    {%- endif %}

)

select * from final
