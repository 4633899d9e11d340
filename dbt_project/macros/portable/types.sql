{# Casts from canonical text. Integer, date and boolean are spelt the same everywhere: cast(x as bigint). #}

{% macro to_text(expression) -%}
    {{ return(adapter.dispatch('to_text')(expression)) }}
{%- endmacro %}

{% macro postgres__to_text(expression) -%}
    cast({{ expression }} as text)
{%- endmacro %}

{% macro spark__to_text(expression) -%}
    cast({{ expression }} as string)
{%- endmacro %}


{# A moment with its zone: `2026-03-05T10:15:00+03:00`. Spark's timestamp is such a moment. #}
{% macro to_moment(expression) -%}
    {{ return(adapter.dispatch('to_moment')(expression)) }}
{%- endmacro %}

{% macro postgres__to_moment(expression) -%}
    cast({{ expression }} as timestamptz)
{%- endmacro %}

{% macro spark__to_moment(expression) -%}
    cast({{ expression }} as timestamp)
{%- endmacro %}


{# A number of double precision, which Spark has another word for. #}
{% macro to_double(expression) -%}
    {{ return(adapter.dispatch('to_double')(expression)) }}
{%- endmacro %}

{% macro postgres__to_double(expression) -%}
    cast({{ expression }} as double precision)
{%- endmacro %}

{% macro spark__to_double(expression) -%}
    cast({{ expression }} as double)
{%- endmacro %}


{% macro to_amount(expression) -%}
    cast({{ expression }} as decimal(14, 2))
{%- endmacro %}


{# Shares and rates: six places, so that every engine shows the same figure. NULL where there is no base. #}
{% macro ratio(numerator, denominator) -%}
    cast(round(cast({{ numerator }} as decimal(28, 10)) / nullif({{ denominator }}, 0), 6) as decimal(18, 6))
{%- endmacro %}
