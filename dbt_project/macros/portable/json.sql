{# The text under a key of a json object, null where there is none. #}
{% macro json_text(expression, key) -%}
    {{ return(adapter.dispatch('json_text')(expression, key)) }}
{%- endmacro %}

{% macro postgres__json_text(expression, key) -%}
    ({{ expression }} ->> '{{ key }}')
{%- endmacro %}

{% macro spark__json_text(expression, key) -%}
    get_json_object({{ expression }}, '$.{{ key }}')
{%- endmacro %}
