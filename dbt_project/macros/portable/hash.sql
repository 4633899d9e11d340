{# The id of a thing: md5 of its parts as text, null and empty told apart from any value by the separator. #}
{% macro hashed(expressions) -%}
    md5(concat_ws('|',
        {%- for expression in expressions %} coalesce({{ to_text(expression) }}, ''){{ "," if not loop.last }}{% endfor -%}
    ))
{%- endmacro %}


{#
    A 64-bit hash for grouping and joining within one build, another for each seed; null where the expression is, or the
    seed. It differs from engine to engine.
#}
{% macro hashed_64(expression, seed='0') -%}
    {{ return(adapter.dispatch('hashed_64')(expression, seed)) }}
{%- endmacro %}

{% macro postgres__hashed_64(expression, seed) -%}
    hashtextextended({{ expression }}, {{ seed }})
{%- endmacro %}

{% macro spark__hashed_64(expression, seed) -%}
    case when concat({{ seed }}, {{ expression }}) is not null then xxhash64({{ seed }}, {{ expression }}) end
{%- endmacro %}
