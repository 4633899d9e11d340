{{ config(pre_hook="{{ matching_begun() }}") }}

-- depends_on: {{ ref('int_match_weights_chosen') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

with records as (

    select
        record_id,
        fingerprint
    from {{ ref('int_customer_records_standardized') }}

),

{% if matching_can_go_on() -%}
fingerprints as (

    select * from {{ this.incorporate(path={'identifier': 'int_customer_record_fingerprints'}) }}

),

-- A record that is gone has no fingerprint.
final as (

    select
        coalesce(records.record_id, fingerprints.record_id) as record_id,
        records.fingerprint
    from records
    full outer join fingerprints on records.record_id = fingerprints.record_id
    where
        records.record_id is null
        or fingerprints.record_id is null
        or records.fingerprint <> fingerprints.fingerprint

)
{%- else -%}
final as (

    select * from records

)
{%- endif %}

select * from final
