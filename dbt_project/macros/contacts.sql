{# The last ten digits of a phone cell: enough to see that two entries of one dealer name the same number. #}
{% macro phone_key(expression) -%}
    nullif(right({{ regexp_replaced(expression, '[^0-9]') }}, 10), '')
{%- endmacro %}


{# A registration plate without blanks, in the Cyrillic letters of the Russian standard. #}
{% macro plate_key(expression) -%}
    nullif(translate(
        {{ regexp_replaced("upper(" ~ expression ~ ")", '[^0-9A-ZА-ЯЁ]') }}, 'ABEKMHOPCTYX', 'АВЕКМНОРСТУХ'
    ), '')
{%- endmacro %}
