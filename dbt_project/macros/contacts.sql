{# The last ten digits of a phone cell: enough to see that two entries of one dealer name the same number. #}
{% macro phone_key(expression) -%}
    nullif(right({{ regexp_replaced(expression, '[^0-9]') }}, 10), '')
{%- endmacro %}


{#
    A registration plate, or null: without blanks and RUS; Russian ones (GOST R 50577) in Cyrillic letters, with О and 0
    where a letter and a digit belong; those of other countries as they are. A word, and a plate with a letter that
    neither has, is none.
#}
{% macro plate_standardized(expression) -%}
    {%- set signs = regexp_replaced(
        "translate(" ~ regexp_replaced("upper(" ~ expression ~ ")", '[^0-9A-ZА-ЯЁ]')
        ~ ", 'ABEKMHOPCTYX', 'АВЕКМНОРСТУХ')", '(RUS|РУС|RUС)$'
    ) -%}
    {%- set private = "concat(translate(left(" ~ signs ~ ", 1), '0', 'О'), translate(substr(" ~ signs ~ ", 2, 3), 'ОЗI', '031'),"
        ~ " translate(substr(" ~ signs ~ ", 5, 2), '0', 'О'), translate(substr(" ~ signs ~ ", 7), 'ОЗ', '03'))" -%}
    {%- set letter = '[АВЕКМНОРСТУХ]' -%}
    case
        when {{ regexp_matched(private, '^' ~ letter ~ '[0-9]{3}' ~ letter ~ '{2}[0-9]{2,3}$') }} then {{ private }}
        {#- Taxis and trailers; motorcycles; transit plates; the police. -#}
        {% for pattern in [
            letter ~ '{2}[0-9]{5,7}', '[0-9]{4}' ~ letter ~ '{2}[0-9]{2,3}', letter ~ '{2}[0-9]{3}' ~ letter ~ '[0-9]{2,3}',
            letter ~ '[0-9]{6,7}',
        ] %}
        when {{ regexp_matched(signs, '^' ~ pattern ~ '$') }} then {{ signs }}
        {%- endfor %}
        when
            {{ regexp_matched(signs, '[DFGIJLNQRSUVWZ]') }}
            and {{ regexp_matched(signs, '[0-9]') }}
            and not {{ regexp_matched(signs, '[БГДЁЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ]') }}
            then translate({{ signs }}, 'АВЕКМНОРСТУХ', 'ABEKMHOPCTYX')
    end
{%- endmacro %}
