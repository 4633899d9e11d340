{#
    Letters to change between two words, up to a limit: more than it comes out as greater than it, and is found faster.
    Postgres raises above 255 characters, so both are cut there; to cut is to go through all letters, so only long ones are.
#}
{% macro edit_distance_up_to(left_expression, right_expression, limit) -%}
    {{ return(adapter.dispatch('edit_distance_up_to')(left_expression, right_expression, limit)) }}
{%- endmacro %}

{% macro postgres__edit_distance_up_to(left_expression, right_expression, limit) -%}
    levenshtein_less_equal(
        {% for word in [left_expression, right_expression] -%}
        case when octet_length({{ word }}) <= 255 then {{ word }} else left({{ word }}, 255) end,
        {% endfor -%}
        {{ limit }}
    )
{%- endmacro %}

{% macro spark__edit_distance_up_to(left_expression, right_expression, limit) -%}
    levenshtein(left({{ left_expression }}, 255), left({{ right_expression }}, 255))
{%- endmacro %}
