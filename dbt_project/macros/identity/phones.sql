{# A phone cell without what Excel did to it: 79161234567.0 and 7.9161234567E+10; null where digits are lost. #}
{% macro excel_phone_repaired(expression) -%}
    case
        when {{ regexp_matched(expression, '^[0-9]+[.]0+$') }}
            then {{ regexp_extracted(expression, '^([0-9]+)[.]0+$') }}
        when {{ regexp_matched(expression, '^[0-9][.,][0-9]+[eEеЕ][+]?[0-9]+$') }}
            then case
                when
                    length({{ regexp_extracted(expression, '^[0-9][.,]([0-9]+)') }})
                    = cast({{ regexp_extracted(expression, '([0-9]+)$') }} as integer)
                    then {{ regexp_replaced(regexp_extracted(expression, '^([0-9][.,][0-9]+)'), '[.,]') }}
            end
        else {{ expression }}
    end
{%- endmacro %}
