{# A word as the crosswalk seeds spell it: lower case, ё as е, single blanks for all that is no letter or digit. #}
{% macro alias_of(expression) -%}
    nullif(trim({{ regexp_replaced("translate(lower(" ~ expression ~ "), 'ё', 'е')", '[^0-9a-zа-яà-ž]+', ' ') }}), '')
{%- endmacro %}


{# The key of int_make_models_mapped: the three cells that may name make and model. #}
{% macro make_model_key(make='null', model='null', make_model='null') -%}
    {{ hashed([make, model, make_model]) }}
{%- endmacro %}
