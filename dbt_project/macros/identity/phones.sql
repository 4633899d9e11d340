{# A phone cell without what Excel did to it: 79161234567.0 and 7.9161234567E+10; null where digits are lost. #}
{% macro excel_phone_repaired(expression) -%}
    case
        when {{ regexp_matched(expression, '^[0-9]+[.,]0+$') }}
            then {{ regexp_extracted(expression, '^([0-9]+)[.,]0+$') }}
        when {{ regexp_matched(expression, '^[0-9][.,][0-9]+[eе][+]?[0-9]{1,2}$') }}
            then case
                when
                    length({{ regexp_extracted(expression, '^[0-9][.,]([0-9]+)') }})
                    = cast({{ regexp_extracted(expression, '([0-9]+)$') }} as integer)
                    then {{ regexp_replaced(regexp_extracted(expression, '^([0-9][.,][0-9]+)'), '[.,]') }}
            end
        else {{ expression }}
    end
{%- endmacro %}


{#
    An area code with a slash and the rest of the number behind: 030/, 495/, 0049-211/. Six digits without a trunk's or a
    plus, and digits in groups, are a whole number of a town: 22-33-44/8-916-123-45-67, 63-22-11/63-22-12.
#}
{% macro area_code_before_slash() -%}
    {{ return(
        '^[^0-9/+]*((00[1-9]|[08+])([^0-9/,;]*[0-9]){1,6}|[0-9]{2,5})[^0-9/,;]*/'
        ~ '[^0-9/,;]*([0-9][^0-9/,;]*){4,9}([/,;]|$)'
    ) }}
{%- endmacro %}


{#
    A phone cell in lower case with a comma between its numbers and # before an extension: signs of other alphabets
    and widths as ASCII, and a comma for whatever stands between two numbers - a plus, a slash, a line's end, a word. A
    slash behind an area code is none (030/901820, 0049 211/456789).
#}
{% macro phone_cell_separated(expression) -%}
    {%- set joined = "case when " ~ regexp_matched(expression, area_code_before_slash())
        ~ " then concat(split_part(" ~ expression ~ ", '/', 1), ' ', substr(" ~ expression
        ~ ", length(split_part(" ~ expression ~ ", '/', 1)) + 2)) else " ~ expression ~ " end" -%}
    {%- set plain = "translate(lower(trim(" ~ joined ~ ")), '０１２３４５６７８９＋–—‑−\u00a0\u202f\u2009', '0123456789+----   ')" -%}
    {%- set lines = "translate(" ~ plain ~ ", concat(chr(9), chr(10), chr(13), ''';/|~'), ',,,,,,,')" -%}
    {%- set extensions = regexp_replaced(
        excel_phone_repaired(lines),
        '(доб|доп|вн|ext)[a-zа-я.:]*|(?<=[0-9)]) *[xх*][.]? *(?=[0-9]{1,6}(?:[^0-9]|$))|(?<=[0-9]) *[(](?=[0-9]{1,5}[)]$)',
        '#'
    ) -%}
    {{ "replace(" ~ regexp_replaced(extensions, '[^0-9+(). #-]+', ',') ~ ", '+', ',+')" }}
{%- endmacro %}
