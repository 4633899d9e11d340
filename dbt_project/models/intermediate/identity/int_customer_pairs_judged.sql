{{ config(materialized='view') }}
{%- set attributes, names = match_attributes(), ['last_name', 'first_name', 'middle_name'] -%}

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

-- A rare name in common is strong, a frequent one is weak: u of an equal name is the share of people who bear it. Names
-- exchanged are no stronger than the same names in their places.
weighed as (

    select
        pairs.*,
        reliability.*,
        {% for attribute in attributes if attribute not in names -%}
        coalesce({{ attribute }}_weights.bits, 0) as {{ attribute }}_bits,
        {% endfor -%}
        {% for attribute in names -%}
        case
            when pairs.{{ attribute }}_level = 'exact'
                then coalesce(ln(
                    {{ attribute }}_weights.m_probability
                    / coalesce(pairs.{{ attribute }}_share, settings.unknown_{{ attribute }}_share)
                ) / ln(2), 0)
            when pairs.{{ attribute }}_level = 'swapped'
                then least(
                    coalesce({{ attribute }}_weights.bits, 0),
                    -ln(coalesce(pairs.{{ attribute }}_share, settings.unknown_{{ attribute }}_share)) / ln(2)
                )
            else coalesce({{ attribute }}_weights.bits, 0)
        end as {{ attribute }}_bits,
        {% endfor -%}
        settings.accept_company_probability,
        beliefs.*
    from pairs
    cross join settings
    cross join beliefs
    cross join reliability
    {% for attribute in attributes -%}
    left join {{ ref('int_match_weights_chosen') }} as {{ attribute }}_weights
        on
            {{ attribute }}_weights.attribute = '{{ attribute }}'
            and pairs.{{ attribute }}_level = {{ attribute }}_weights.level
    {% endfor %}
),

summed as (

    select
        *,
        prior_bits
        {%- for attribute in attributes %}
        + {{ attribute }}_bits
        {%- endfor %} as match_weight
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
        round(cast(match_weight as decimal(18, 6)), 6) as match_weight,
        round(cast(
            1 / (1 + power(cast(2 as double precision), -greatest(least(match_weight, 60), -60))) as decimal(18, 9)
        ), 6) as match_probability,
        hard_rule,
        is_name_alone,
        {{ accepted_from() }} as accepted_from
    from judged

)

select * from final
