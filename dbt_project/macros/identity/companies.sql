{# The text of a company's name: lower case, quotes and points as blanks, a blank at either end. #}
{% macro company_text(expression) -%}
    concat(' ', {{ regexp_replaced("replace(lower(" ~ expression ~ "), 'ё', 'е')", '[^a-zа-я0-9&-]+', ' ') }}, ' ')
{%- endmacro %}


{% macro legal_forms() -%}
    ооо|ooo|оао|зао|пао|нао|ао|ип|тоо|гуп|муп|фгуп|фгбу|гбу|мбу|пк|кфх|oao|zao|pao|ao|общество с ограниченной ответственностью|публичное акционерное общество|закрытое акционерное общество|открытое акционерное общество|акционерное общество|индивидуальный предприниматель|llc|ltd|limited|inc|corp|plc|llp|gmbh|kg|ag|sa|srl|bv|sp z o o
{%- endmacro %}


{# Whether a name is a company's: it carries a legal form, or stands in quotes as companies' names do. #}
{% macro is_company_name(expression) -%}
    (
        {{ regexp_matched(company_text(expression), ' (' ~ legal_forms() | trim ~ ') ') }}
        or {{ regexp_matched(expression, '[«"].+[»"]') }}
    )
{%- endmacro %}


{# What is left of a company's name to compare: no legal form, no blanks, one spelling for Cyrillic and Latin. #}
{% macro company_key(expression) -%}
    nullif({{ name_key("replace(" ~ regexp_replaced(company_text(expression), ' (' ~ legal_forms() | trim ~ ') ', ' ')
        ~ ", ' ', '')") }}, '')
{%- endmacro %}


{# A Russian tax number (ИНН) whose check digits are right, 10 digits for a company, 12 for a person; else null. #}
{% macro tax_id_valid(expression) -%}
    case
        when {{ regexp_matched(expression, '^[0-9]{10}$') }} and {{ expression }} <> '0000000000'
            and {{ check_digit(expression, [2, 4, 10, 3, 5, 9, 4, 6, 8]) }} = substr({{ expression }}, 10, 1)
            then {{ expression }}
        when {{ regexp_matched(expression, '^[0-9]{12}$') }} and {{ expression }} <> '000000000000'
            and {{ check_digit(expression, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) }} = substr({{ expression }}, 11, 1)
            and {{ check_digit(expression, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) }} = substr({{ expression }}, 12, 1)
            then {{ expression }}
    end
{%- endmacro %}

{% macro check_digit(expression, weights) -%}
    {{ to_text("((" ~ digit_products(expression, weights) ~ ") % 11) % 10") }}
{%- endmacro %}

{% macro digit_products(expression, weights) -%}
    {%- for weight in weights -%}
    {{ weight }} * cast(substr({{ expression }}, {{ loop.index }}, 1) as integer){{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
