{#
    The VIN in a cell, or null: upper case, blanks and dashes dropped, Cyrillic look-alikes as Latin, and the
    letters that no VIN holds repaired (O and Q to 0, I to 1). Seventeen characters with a digit and a letter among
    them: that leaves out chassis numbers, `11111111111111111` and words such as «отсутствует». The check digit
    is not asked for: outside North America it is not obligatory, and real LADA VINs fail it.
#}
{% macro vin_repaired(expression) -%}
    {{ regexp_extracted(
        regexp_extracted(vin_letters(expression), '^([A-HJ-NPR-Z0-9]{17})$'), '^([0-9]+[A-Z].*|[A-Z]+[0-9].*)$'
    ) }}
{%- endmacro %}


{# The letters and digits of a VIN cell, look-alikes and impossible letters repaired, whatever their number. #}
{% macro vin_letters(expression) -%}
    translate(
        {{ regexp_replaced("upper(" ~ expression ~ ")", '[^0-9A-ZА-ЯЁ]') }}, 'АВЕКМНОРСТУХOQI', 'ABEKMH0PCTYX001'
    )
{%- endmacro %}


{# A frame number such as NZE121-3012345 (vehicles that were made without a VIN), blanks and look-alikes repaired. #}
{% macro chassis_no_repaired(expression) -%}
    case
        when {{ expression }} like '%-%'
            then {{ regexp_extracted(
                regexp_extracted(
                    "translate(upper(replace(" ~ expression ~ ", ' ', '')), 'АВЕКМНОРСТУХ', 'ABEKMHOPCTYX')",
                    '^([A-Z0-9]{2,9}-[0-9]{4,8})$'
                ),
                '^(.*[1-9].*)$'
            ) }}
    end
{%- endmacro %}


{# The id of a vehicle: the same car has the same id at every dealer. Null where neither number is known. #}
{% macro vehicle_id(vin, chassis_no='null') -%}
    case
        when {{ vin }} is not null then {{ hashed(["'vin'", vin]) }}
        when {{ chassis_no }} is not null then {{ hashed(["'chassis'", chassis_no]) }}
    end
{%- endmacro %}
