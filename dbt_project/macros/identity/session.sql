{# Pre-hook of the models that sort or join everything: memory for this transaction alone, no compiling. #}
{% macro large_sorts_allowed() -%}
    {{ return(adapter.dispatch('large_sorts_allowed')()) }}
{%- endmacro %}

{% macro postgres__large_sorts_allowed() -%}
    set local work_mem = '256MB'; set local jit = off
{%- endmacro %}

{% macro spark__large_sorts_allowed() -%}{%- endmacro %}
