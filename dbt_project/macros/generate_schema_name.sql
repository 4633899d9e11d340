{# Schemas are named as written (staging, build): one warehouse, no prefix per developer. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
