{# How many of these columns hold more than a letter. #}
{% macro columns_known(columns) -%}
    (
        {%- for column in columns -%}
        case when length({{ column }}) > 1 then 1 else 0 end{{ " + " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
