{#
    The VIN in a cell, or null: upper case, blanks and dashes dropped, Cyrillic look-alikes as Latin, and the
    letters that no VIN holds repaired (O and Q to 0, I to 1). Seventeen characters with a digit and a letter among
    them, and no long run of one sign or of signs in their order: that leaves out chassis numbers,
    `11111111111111111`, `XTA00000000000000` and words such as «отсутствует». The check digit is not asked for: outside
    North America it is not obligatory, and real LADA VINs fail it.
#}
{% macro vin_repaired(expression) -%}
    case
        when not {{ regexp_matched(vin_letters(expression), '0{9}|1{9}|9{9}|X{7}|123456789|ABCDEFGH') }}
            then {{ regexp_extracted(
                regexp_extracted(vin_letters(expression), '^([A-HJ-NPR-Z0-9]{17})$'), '^([0-9]+[A-Z].*|[A-Z]+[0-9].*)$'
            ) }}
    end
{%- endmacro %}


{# What was repaired in a cell that holds a VIN, in words; null where nothing was. #}
{% macro vin_repairs(expression) -%}
    nullif(concat_ws(
        ', ',
        case when {{ regexp_matched("upper(" ~ expression ~ ")", '[АВЕКМНОРСТУХ]') }} then 'Cyrillic letters read as Latin' end,
        {% for letter, digit in [('O', '0'), ('Q', '0'), ('I', '1')] -%}
        case when replace(upper({{ expression }}), 'VIN', '') like '%{{ letter }}%' then '{{ letter }} read as {{ digit }}' end
        {{- "," if not loop.last }}
        {% endfor -%}
    ), '')
{%- endmacro %}


{#
    Whether the check digit of a VIN (ISO 3779, 49 CFR 565.15) is right: `right`, `wrong`, or `not asked` where the
    manufacturer's code is not of North America (1 to 5) and position 9 may hold anything.
#}
{% macro vin_check_digit(vin) -%}
    {%- set values = "translate(" ~ vin ~ ", 'ABCDEFGHJKLMNPRSTUVWXYZ', '12345678123457923456789')" -%}
    {%- set remainder = "((" ~ digit_products(values, [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]) ~ ") % 11)" -%}
    case
        when not {{ regexp_matched(vin, '^[1-5]') }} then 'not asked'
        when substr({{ vin }}, 9, 1) = case {{ remainder }} when 10 then 'X' else {{ to_text(remainder) }} end then 'right'
        else 'wrong'
    end
{%- endmacro %}


{# The signs of a VIN cell behind the word VIN, look-alikes and impossible letters repaired, whatever their number. #}
{% macro vin_letters(expression) -%}
    translate(
        {{ regexp_replaced("upper(" ~ expression ~ ")", '^[^0-9A-ZА-ЯЁ]*VIN|[^0-9A-ZА-ЯЁ]') }}, 'АВЕКМНОРСТУХOQI', 'ABEKMH0PCTYX001'
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
