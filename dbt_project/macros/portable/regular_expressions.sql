{#
    Patterns are given without quotes and without backslashes ([0-9], not \d): Spark reads backslashes
    in string literals. Replacements are plain text, no groups.
#}

{# Every match replaced. #}
{% macro regexp_replaced(expression, pattern, replacement='') -%}
    {{ return(adapter.dispatch('regexp_replaced')(expression, pattern, replacement)) }}
{%- endmacro %}

{% macro postgres__regexp_replaced(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__regexp_replaced(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}


{# What the pattern's one group holds, null where nothing matches. #}
{% macro regexp_extracted(expression, pattern) -%}
    {{ return(adapter.dispatch('regexp_extracted')(expression, pattern)) }}
{%- endmacro %}

{% macro postgres__regexp_extracted(expression, pattern) -%}
    nullif(substring({{ expression }} from '{{ pattern }}'), '')
{%- endmacro %}

{% macro spark__regexp_extracted(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', 1), '')
{%- endmacro %}


{# Whether the pattern occurs. #}
{% macro regexp_matched(expression, pattern) -%}
    {{ return(adapter.dispatch('regexp_matched')(expression, pattern)) }}
{%- endmacro %}

{% macro postgres__regexp_matched(expression, pattern) -%}
    ({{ expression }} ~ '{{ pattern }}')
{%- endmacro %}

{% macro spark__regexp_matched(expression, pattern) -%}
    ({{ expression }} rlike '{{ pattern }}')
{%- endmacro %}


{# Whether a pattern that another expression gives occurs. #}
{% macro regexp_matched_by(expression, pattern_expression) -%}
    {{ return(adapter.dispatch('regexp_matched_by')(expression, pattern_expression)) }}
{%- endmacro %}

{% macro postgres__regexp_matched_by(expression, pattern_expression) -%}
    ({{ expression }} ~ {{ pattern_expression }})
{%- endmacro %}

{% macro spark__regexp_matched_by(expression, pattern_expression) -%}
    ({{ expression }} rlike {{ pattern_expression }})
{%- endmacro %}
