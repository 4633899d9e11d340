{# The settings of the active version of the model, or the `shipped` ones, as one row with a column per setting. #}
{% macro match_settings_in_one_row(shipped=false) -%}
    select
        {% for setting in [
            'accept_probability', 'accept_name_alone_probability', 'accept_name_alone_elsewhere_probability',
            'accept_undated_probability', 'accept_company_probability', 'keep_probability', 'review_probability',
            'prior_bits', 'prior_records', 'smallest_group', 'block_cap', 'weak_block_cap', 'weak_cap_records',
            'weak_keys_up_to', 'own_phone_records',
            'unknown_last_name_share', 'unknown_first_name_share', 'unknown_middle_name_share', 'latin_last_name_share',
            'latin_first_name_share', 'latin_middle_name_share', 'largest_cluster',
        ] -%}
        max(case when setting = '{{ setting }}' then value end) as {{ setting }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('match_settings') if shipped else ref('int_match_settings_chosen') }}
{%- endmacro %}


{#
    The prior of the group as it is, and the thresholds that a version may learn. What it has learnt of its group makes
    it no less careful than the shipped model once the group is four times as large.
#}
{% macro prior_and_thresholds() -%}
    select
        {% for threshold in [
            'accept_probability', 'accept_name_alone_probability', 'accept_name_alone_elsewhere_probability',
            'accept_undated_probability',
        ] -%}
        case
            when beliefs.prior_bits <= settings.prior_bits - 2
                then greatest(settings.{{ threshold }}, shipped.{{ threshold }})
            else settings.{{ threshold }}
        end as {{ threshold }},
        {% endfor -%}
        beliefs.prior_bits
    from {{ ref('int_match_prior') }} as beliefs
    cross join ({{ match_settings_in_one_row() }}) as settings
    cross join ({{ match_settings_in_one_row(shipped=true) }}) as shipped
{%- endmacro %}


{#
    The probability from which on a pair is accepted; 2 is never. Namesakes live anywhere; at one dealer a rare name is
    one customer's, at two only where a version knows the names of its own group. Where a version has found namesakes of
    one house among its pairs, only the birth date or a number of one's own tells them apart, and so it is with a
    couple; whatever asks for more counts. No version learns of companies: their names are not counted, and one alone is
    never enough.
#}
{% macro accepted_from() -%}
    case
        when hard_rule is not null then 2
        when customer_type = 'organisation' then case when is_name_alone then 2 else accept_company_probability end
        else greatest(
            case
                when is_name_alone and dealer_level = 'other' then accept_name_alone_elsewhere_probability
                when is_name_alone then accept_name_alone_probability
                else accept_probability
            end,
            case
                when tax_id_level = 'exact' or national_id_level = 'exact' then 0
                when {{ may_be_a_couple() }} and birth_date_level not in ('exact', 'near') then 2
                when birth_date_level = 'missing' then accept_undated_probability
                else 0
            end
        )
    end
{%- endmacro %}


{#
    The weights of the active version as one row with a column per attribute and level, and the m of equal names:
    joining all pairs with the handful of levels of each attribute in turn costs more than comparing them.
#}
{% macro match_weights_in_one_row() -%}
    select
        {% for attribute, levels in match_levels().items() -%}
        {% for level in levels -%}
        max(case when attribute = '{{ attribute }}' and level = '{{ level }}' then bits end)
            as {{ attribute }}_{{ level }},
        {% endfor -%}
        {% endfor -%}
        {% for name in match_names() -%}
        max(case when attribute = '{{ name }}' and level = 'exact' then m_probability end) as {{ name }}_m
        {{- "," if not loop.last }}
        {% endfor -%}
    from {{ ref('int_match_weights_chosen') }}
{%- endmacro %}


{#
    What the level of a pair weighs in bits, from `pairs`, `weights` and `settings`. A rare name in common is strong, a
    frequent one is weak: u of an equal name is the share of people who bear it. A name in Latin letters on both sides
    may be of anywhere: what is rare in the shipped table, of Russia, is a common one elsewhere (Томас, Новак). Names
    exchanged are no stronger than the same names in their places. What is missing, and a level that the version does
    not know, says nothing.
#}
{% macro bits_of_level(attribute) -%}
    {%- set share = "greatest(coalesce(pairs." ~ attribute ~ "_share, settings.unknown_" ~ attribute ~ "_share), "
        ~ "case when pairs.have_latin_names then settings.latin_" ~ attribute ~ "_share else 0 end)" -%}
    coalesce(
        case pairs.{{ attribute }}_level
            {%- for level in match_levels()[attribute] %}
            {%- set bits = "weights." ~ attribute ~ "_" ~ level %}
            when '{{ level }}' then
            {%- if attribute in match_names() and level == 'exact' %}
                ln(weights.{{ attribute }}_m / {{ share }}) / ln(2)
            {%- elif level == 'swapped' %} least(coalesce({{ bits }}, 0), -ln({{ share }}) / ln(2))
            {%- else %} {{ bits }}
            {%- endif %}
            {%- endfor %}
        end,
        0
    )
{%- endmacro %}


{# The match weight that stands for a probability; 0 and never are as far as six places tell. #}
{% macro bits_of_probability(expression) -%}
    -ln(1 / greatest(least({{ expression }}, 0.9999995), 0.0000005) - 1) / ln(2)
{%- endmacro %}


{# A weight as people read it: +11.2, -3.0. #}
{% macro bits_as_text(expression) -%}
    concat(
        case when {{ expression }} > 0 then '+' else '' end,
        {{ to_text("round(cast(" ~ expression ~ " as decimal(18, 6)), 1)") }}
    )
{%- endmacro %}


{#
    What the level of a pair says, with its weight: `<attribute>_wordings` are levels with their wording and phrase. The
    weight of a name is each pair's own.
#}
{% macro phrase_of(attribute) -%}
    {%- if attribute in ['last_name', 'first_name', 'middle_name'] -%}
        concat({{ attribute }}_wordings.wording, ' ', {{ bits_as_text("pairs." ~ attribute ~ "_bits") }})
    {%- else -%}
        {{ attribute }}_wordings.phrase
    {%- endif -%}
{%- endmacro %}
