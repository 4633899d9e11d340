{#
    An address cell as words and numbers between blanks, without postal code, city and the words for street or house.
    Hauptstraße and Hauptstr. are haupt; 5к2 is two numbers.
#}
{% macro address_text(address, city) -%}
    {{ regexp_replaced(
        "replace(replace(concat(' ', "
        ~ regexp_replaced("replace(lower(" ~ address ~ "), 'ё', 'е')", '[0-9]{6}|' ~ town_in_address() ~ '|(?<=[a-zß-ɏ])(straße|strasse|str)(?![a-zß-ɏ])|(?<=[0-9])к(?=[0-9])|[^a-zа-яß-ɏ0-9]+', ' ')
        ~ ", ' '), concat(' ', coalesce(replace(lower(" ~ city ~ "), 'ё', 'е'), '-'), ' '), ' '), ' ', '  ')",
        ' (ул|улица|д|дом|кв|квартира|корп|корпус|к|стр|строение|пр|просп|проспект|пр  т|пр  кт|пер|переулок|ш|шоссе|бульвар'
        ~ '|б  р|наб|набережная|пл|площадь|мкр|микрорайон|г|гор|город|обл|область|край|респ|республика|р  н|район|россия'
        ~ '|street|straße|strasse|str|st|road|rd|avenue|ave|lane|place|court|apt|apartment|flat|unit|suite) ',
        ' '
    ) }}
{%- endmacro %}


{# г. Тверь, at the beginning of an address in lower case or behind a comma; in «г Тверь ул Мира, 5» no comma ends the town. #}
{% macro town_in_address() -%}
    {{ return(
        '(?:^|,) *(?:г|гор|город)[ .]+([а-яё-]+(?: +(?!(?:ул|улица|пр|пр-т|пр-кт|просп|проспект|пер|переулок|ш|шоссе|бульвар'
        ~ '|б-р|наб|набережная|пл|площадь|мкр|микрорайон)[ ,])[а-яё-]+)*) *,'
    ) }}
{%- endmacro %}


{# Addresses are taken apart once per distinct pair of cells; this is the key of a pair. #}
{% macro address_id(address, city) -%}
    {{ hashed_64("concat(coalesce(" ~ address ~ ", ''), '|', coalesce(" ~ city ~ ", ''))") }}
{%- endmacro %}


{# What tells one address of a town from another: the street in one spelling, and the numbers in their order. #}
{% macro address_street_key(address, city) -%}
    nullif({{ name_key("replace(" ~ regexp_replaced(address_text(address, city), '[0-9]+') ~ ", ' ', '')") }}, '')
{%- endmacro %}

{% macro address_numbers(address, city) -%}
    nullif(trim({{ regexp_replaced(address_text(address, city), '[^0-9]+', ' ') }}), '')
{%- endmacro %}


{# The town of an address: the cell for it, or what the address itself calls one (г. Тверь, …). #}
{% macro address_city_key(address, city) -%}
    {{ name_key("coalesce(lower(" ~ city ~ "), " ~ regexp_extracted(
        "lower(" ~ address ~ ")", town_in_address()
    ) ~ ")") }}
{%- endmacro %}
