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

{%- set rules = block_rules_of_the_group() -%}
{#- Few records are read once; all of them as often as there are lists, each time in parallel. -#}
{%- set records_of_lists = 'records' if matching_goes_on() else '(' ~ records_to_key() ~ ') as records' -%}
{%- set listed = {'mobile_phones': 2048, 'landline_phones': 2048, 'vins': 4096} %}

with records as (

    {{ records_to_key() }}

),

single_keys as (

    select
        records.record_id,
        records.customer_type,
        block_keys.rule,
        block_keys.block_key
    from records
    {{ unpivoted(rules, 'block_keys', 'rule', 'block_key') }}
    where block_keys.block_key is not null

),

{% for column, rule in listed.items() -%}
keys_of_{{ column }} as (

    select
        records.record_id,
        records.customer_type,
        {{ rule }} as rule,
        block_keys.block_key
    from {{ records_of_lists }}
    {{ unnested('records.' ~ column, 'block_keys', 'block_key') }}

),

{% endfor -%}
-- A person is never compared with a company.
keyed as (

    {% for keys in ['single_keys', 'keys_of_mobile_phones', 'keys_of_landline_phones', 'keys_of_vins'] -%}
    select
        record_id,
        rule,
        {{ hashed_64('block_key', "rule * 2 + case customer_type when 'organisation' then 1 else 0 end") }} as block_id
    from {{ keys }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- Block by block, so that the next models find a block's records side by side, and an index its pages.
final as (

    select * from keyed
    order by block_id

)

select * from final
