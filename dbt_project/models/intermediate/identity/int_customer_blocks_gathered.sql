{{ config(pre_hook="{{ keys_read_in_passing() }}") }}

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
        count(*) as record_count,
        {{ array_aggregated('record_id', where='not is_left_to_dates') }} as record_ids,
        {{ array_aggregated('record_id', where='is_left_to_dates') }} as dated_record_ids
    from ({{ keys_of_records(ref('int_customer_records_keyed'), blocks=ref('int_customer_blocks_met')) }}) as keys_met
    group by block_id
    having count(*) > 1

),
{%- else -%}
-- Each sort by itself, so that a process can bring its keys in order while another does so with those of the next sort.
shared as (

    {% for sort in block_rules().keys() -%}
    select
        block_id,
        count(*) as record_count,
        {{ array_aggregated('record_id', where='not is_left_to_dates' if sort == 'name') }} as record_ids,
        {% if sort == 'name' -%}
        {{ array_aggregated('record_id', where='is_left_to_dates') }} as dated_record_ids
        {%- else -%}
        null as dated_record_ids
        {%- endif %}
    from ({{ keys_of_records(ref('int_customer_records_keyed'), [sort]) }}) as {{ sort }}_keys
    group by block_id
    having count(*) > 1

    {{ "union all" if not loop.last }}

    {% endfor -%}
),
{%- endif %}

ruled as (

    select
        shared.*,
        {{ rule_of_block('block_id') }} as rule
    from shared

),

final as (

    select
        ruled.block_id,
        ruled.rule,
        ruled.record_count,
        ruled.record_count > {{ block_cap_of('ruled.rule') }} as is_too_large,
        ruled.record_ids,
        ruled.dated_record_ids
    from ruled
    cross join settings
    cross join beliefs

)

select * from final
