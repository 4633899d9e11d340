{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['record_id']},
    unlogged=true,
    indexes=[{'columns': ['block_id']}, {'columns': ['record_id']}],
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_changed') }}

{#- A key that says little is not even made where the group is too large for it. -#}
{%- set rules = {} -%}
{%- for rule, expression in block_rules().items() -%}
    {%- do rules.update({rule: expression if rule < weakest_rule() | int
        else "case when groups.is_small then " ~ expression ~ " end"}) -%}
{%- endfor -%}
{#- Few records are read once; all of them as often as there are lists, each time in parallel. -#}
{%- set records_of_lists = 'records' if matching_goes_on() else '(' ~ records_to_key() ~ ') as records' -%}
{%- set listed = {'mobile_phones': 2048, 'landline_phones': 2048, 'vins': 4096} %}

with records as (

    {{ records_to_key() }}

),

settings as (

    {{ match_settings_in_one_row('int_match_settings_chosen') }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

-- By the size that the prior stands for: it moves in steps, and with it everything is matched anew.
groups as (

    select
        settings.prior_bits - beliefs.prior_bits
        <= ln(settings.weak_keys_up_to / settings.prior_records) / ln(2) as is_small
    from settings
    cross join beliefs

),

single_keys as (

    select
        records.record_id,
        records.customer_type,
        block_keys.rule,
        block_keys.block_key
    from records
    cross join groups
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
final as (

    {% for keys in ['single_keys', 'keys_of_mobile_phones', 'keys_of_landline_phones', 'keys_of_vins'] -%}
    select
        record_id,
        rule,
        {{ hashed_64('block_key', "rule * 2 + case customer_type when 'organisation' then 1 else 0 end") }} as block_id
    from {{ keys }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
)

select * from final
