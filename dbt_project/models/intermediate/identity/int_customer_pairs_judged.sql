{{ config(materialized='view') }}
{%- set attributes = match_attributes() -%}

with pairs as (

    select * from {{ ref('int_customer_pairs_compared') }}

),

weighed as (

    select
        {% for attribute in attributes -%}
        {{ bits_of_level(attribute) }} as {{ attribute }}_bits,
        {% endfor -%}
        pairs.*
    from pairs
    {{ computed_once() }}

),

summed as (

    select
        *,
        {{ belief('prior_bits') }}
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
        {{ rounded_weight('match_weight') }} as match_weight,
        {{ probability_of_bits('match_weight') }} as match_probability,
        hard_rule,
        rests_on_name,
        is_name_alone,
        {{ accepted_from() }} as accepted_from
    from judged

)

select * from final
