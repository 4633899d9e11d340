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
        when customer_type = 'organisation'
            then case when is_name_alone then 2 else {{ setting_chosen('accept_company_probability') }} end
        else greatest(
            case
                when is_name_alone and dealer_level = 'other'
                    then {{ belief('accept_name_alone_elsewhere_probability') }}
                when is_name_alone then {{ belief('accept_name_alone_probability') }}
                else {{ belief('accept_probability') }}
            end,
            case
                when tax_id_level = 'exact' or national_id_level = 'exact' then 0
                when {{ may_be_a_couple() }} and birth_date_level not in ('exact', 'near') then 2
                when birth_date_level = 'missing' then {{ belief('accept_undated_probability') }}
                else 0
            end
        )
    end
{%- endmacro %}


{#
    What the active version says of a level and of a setting: one value, found once and handed to all pairs. A join with
    them would cost more than comparing the pairs.
#}
{% macro weight_chosen(attribute, level, column='bits') -%}
    (
        select max(chosen.{{ column }})
        from {{ ref('int_match_weights_chosen') }} as chosen
        where chosen.attribute = '{{ attribute }}' and chosen.level = '{{ level }}'
    )
{%- endmacro %}

{% macro setting_chosen(setting) -%}
    (
        select max(chosen.value)
        from {{ ref('int_match_settings_chosen') }} as chosen
        where chosen.setting = '{{ setting }}'
    )
{%- endmacro %}

{% macro belief(column) -%}
    (select beliefs.{{ column }} from ({{ prior_and_thresholds() }}) as beliefs)
{%- endmacro %}


{#
    What the level of a pair weighs in bits, from `pairs`. A rare name in common is strong, a frequent one is weak: u of
    an equal name is the share of people who bear it. A name in Latin letters on both sides may be of anywhere: what is
    rare in the shipped table, of Russia, is a common one elsewhere (Томас, Новак). Names exchanged are no stronger than
    the same names in their places. What is missing, and a level that the version does not know, says nothing.

    The first level and the last ones are met most, so they are asked for first; that something is missing is asked for
    at once where it often is.
#}
{% macro bits_of_level(attribute) -%}
    {%- set levels = match_levels()[attribute] -%}
    coalesce(
        case pairs.{{ attribute }}_level
            {%- if attribute not in match_attributes_mostly_told() %}
            when 'missing' then 0
            {%- endif %}
            {%- for level in levels[:1] + levels[:0:-1] %}
            {%- set bits = weight_chosen(attribute, level) %}
            when '{{ level }}' then
            {%- if attribute in match_names() and level == 'exact' %}
                ln({{ weight_chosen(attribute, 'exact', 'm_probability') }} / {{ share_of_name(attribute) }}) / ln(2)
            {%- elif level == 'swapped' %} least(coalesce({{ bits }}, 0), -ln({{ share_of_name(attribute) }}) / ln(2))
            {%- else %} {{ bits }}
            {%- endif %}
            {%- endfor %}
        end,
        0
    )
{%- endmacro %}

{% macro share_of_name(attribute) -%}
    greatest(
        coalesce(pairs.{{ attribute }}_share, {{ setting_chosen('unknown_' ~ attribute ~ '_share') }}),
        case when pairs.have_latin_names then {{ setting_chosen('latin_' ~ attribute ~ '_share') }} else 0 end
    )
{%- endmacro %}


{# A weight with six places: a cast to decimal would go through a text of its digits, which takes ten times as long. #}
{% macro rounded_weight(expression) -%}
    round({{ expression }} * 1000000) / 1000000
{%- endmacro %}


{# The probability that a match weight stands for, with six places, by way of nine: so thresholds have always met it. #}
{% macro probability_of_bits(expression) -%}
    floor(
        round(1000000000 / (1 + power({{ to_double('2') }}, -greatest(least({{ expression }}, 60), -60)))) / 1000
        + 0.5
    ) / 1000000
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
    What the level of a pair says, with its weight: `<attribute>_wordings` are levels with their wording, bits and phrase.
    The weight of a name is each pair's own.
#}
{% macro phrase_of(attribute) -%}
    {%- if attribute in match_names() -%}
        concat({{ attribute }}_wordings.wording, ' ', {{ bits_as_text(bits_told(attribute)) }})
    {%- else -%}
        {{ attribute }}_wordings.phrase
    {%- endif -%}
{%- endmacro %}

{% macro bits_told(attribute) -%}
    {{ "pairs." ~ attribute ~ "_bits" if attribute in match_names() else attribute ~ "_wordings.bits" }}
{%- endmacro %}
