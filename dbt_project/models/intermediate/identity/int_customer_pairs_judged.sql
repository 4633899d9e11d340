{{ config(materialized='view') }}
{%- set attributes = match_attributes() -%}

with pairs as (

    select * from {{ ref('int_customer_pairs_compared') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

reliability as (

    {{ reliability_of_differences() }}

),

beliefs as (

    {{ prior_and_thresholds() }}

),

weights as (

    {{ match_weights_in_one_row() }}

),

weighed as (

    select
        pairs.*,
        reliability.*,
        {% for attribute in attributes -%}
        {{ bits_of_level(attribute) }} as {{ attribute }}_bits,
        {% endfor -%}
        settings.accept_company_probability,
        beliefs.*
    from pairs
    cross join settings
    cross join beliefs
    cross join reliability
    cross join weights
    {{ computed_once() }}

),

summed as (

    select
        *,
        prior_bits
        {%- for attribute in attributes %}
        + {{ attribute }}_bits
        {%- endfor %} as match_weight,
        {{ rests_on_name() }} as rests_on_name
    from weighed
    {{ computed_once() }}

),

judged as (

    select
        *,
        {{ hard_rule() }} as hard_rule,
        {{ is_name_alone() }} as is_name_alone
    from summed
    {{ computed_once() }}

),

-- `unrounded_weight` is what to filter by: a rounded one has to be made for every pair.
final as (

    select
        left_id,
        right_id,
        customer_type,
        rules,
        {% for attribute in attributes -%}
        {{ attribute }}_level,
        {{ attribute }}_bits,
        {% endfor -%}
        match_weight as unrounded_weight,
        round(cast(match_weight as decimal(18, 6)), 6) as match_weight,
        round(cast(
            1 / (1 + power(cast(2 as double precision), -greatest(least(match_weight, 60), -60))) as decimal(18, 9)
        ), 6) as match_probability,
        hard_rule,
        rests_on_name,
        is_name_alone,
        {{ accepted_from() }} as accepted_from
    from judged

)

select * from final
