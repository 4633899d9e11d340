{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    indexes=[{'columns': ['block_id']}, {'columns': ['record_id']}],
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_changed') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{%- set is_small = is_group_small() %}
{%- set listed = {'mobile_phones': 2048, 'landline_phones': 2048, 'vins': 4096} %}
{#- Few records are read once; all of them as often as there are lists, each time in parallel. -#}
{%- set records_of_lists = 'records' if matching_goes_on() else '(' ~ records_to_key() ~ ') as records' %}

with records as (

    {{ records_to_key() }}

),

single_keys as (

    select
        records.record_id,
        records.is_usable_birth_date,
        block_keys.rule,
        block_keys.block_id
    from records
    {{ unpivoted(block_rules_of_the_group(is_small), 'block_keys', 'rule', 'block_id') }}
    where block_keys.block_id is not null

),

{% for column, rule in listed.items() -%}
listed_{{ column }} as (

    select
        record_id,
        customer_type,
        {{ elements(column) }} as block_key
    from {{ records_of_lists }}
    where {{ column }} is not null

),

{% endfor -%}
keyed as (

    select
        record_id,
        rule,
        {{ "false" if is_small else is_left_to_dates('rule', 'is_usable_birth_date') }} as is_left_to_dates,
        block_id
    from single_keys

    {% for column, rule in listed.items() -%}
    union all

    select
        record_id,
        {{ rule }} as rule,
        false as is_left_to_dates,
        {{ block_id_of(rule, ['block_key']) }} as block_id
    from listed_{{ column }}

    {% endfor -%}
),

-- Block by block, so that the next models find a block's records side by side, and an index its pages.
final as (

    select * from keyed
    order by block_id

)

select * from final
