{{ config(unlogged=true, pre_hook="{{ keys_read_in_passing() }}") }}

-- depends_on: {{ ref('int_customer_records_keyed') }}
-- depends_on: {{ ref('int_customer_blocks_met') }}

with settings as (

    {{ match_settings_in_one_row() }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

{% if matching_goes_on() -%}
shared as (

    select
        block_id,
        {{ rule_of_block('block_id') }} as rule,
        count(*) as record_count,
        {{ array_aggregated('record_id', where='not is_left_to_dates') }} as record_ids,
        {{ array_aggregated('record_id', where='is_left_to_dates') }} as dated_record_ids
    from ({{ keys_of_records(ref('int_customer_records_keyed'), blocks=ref('int_customer_blocks_met')) }}) as keys_met
    group by block_id
    having count(*) > 1

),
{%- else -%}
-- Each rule by itself, so that a process can bring its keys in order while another does so with those of the next rule.
shared as (

    {% for sort, rules in rules_made().items() -%}
    {%- set is_last_sort = loop.last -%}
    {% for rule in rules -%}
    select
        block_id,
        {{ rule }} as rule,
        count(*) as record_count,
        {{ array_aggregated('record_id', where='not is_left_to_dates') }} as record_ids,
        {{ array_aggregated('record_id', where='is_left_to_dates') }} as dated_record_ids
    from ({{ keys_of_rule(ref('int_customer_records_keyed'), sort, rule) }}) as keys_{{ rule }}
    group by block_id
    having count(*) > 1

    {{ "union all" if not (is_last_sort and loop.last) }}

    {% endfor -%}
    {% endfor -%}
),
{%- endif %}

final as (

    select
        shared.block_id,
        shared.rule,
        shared.record_count,
        shared.record_count > {{ block_cap_of('shared.rule') }} as is_too_large,
        shared.record_ids,
        shared.dated_record_ids
    from shared
    cross join settings
    cross join beliefs

)

select * from final
