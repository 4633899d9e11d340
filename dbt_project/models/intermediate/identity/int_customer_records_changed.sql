{{ config(pre_hook="{{ matching_begun() }}") }}

-- depends_on: {{ ref('int_match_weights_chosen') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}
-- depends_on: {{ ref('int_customer_records_restandardized') }}

with records as (

    select
        records.record_id,
        records.fingerprint
    from {{ ref('int_customer_records_standardized') }} as records
    {% if are_changes_listed() -%}
    inner join {{ ref('int_customer_records_restandardized') }} as listed on records.record_id = listed.record_id
    {%- endif %}

),

{% if matching_can_go_on() -%}
fingerprints as (

    select
        fingerprints.record_id,
        fingerprints.fingerprint
    from {{ this.incorporate(path={'identifier': 'int_customer_records_keyed'}) }} as fingerprints
    {% if are_changes_listed() -%}
    inner join {{ ref('int_customer_records_restandardized') }} as listed on fingerprints.record_id = listed.record_id
    {% endif -%}
    where fingerprints.fingerprint is not null

),

-- A record that is gone has no fingerprint.
final as (

    select
        coalesce(records.record_id, fingerprints.record_id) as record_id,
        records.fingerprint,
        fingerprints.record_id is null as is_new
    from records
    full outer join fingerprints on records.record_id = fingerprints.record_id
    where
        records.record_id is null
        or fingerprints.record_id is null
        or records.fingerprint <> fingerprints.fingerprint

)
{%- else -%}
-- Nobody asks where everything is made anew.
final as (

    select
        *,
        false as is_new
    from records
    where false

)
{%- endif %}

select * from final
