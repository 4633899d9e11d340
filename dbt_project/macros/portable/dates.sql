{# The day of a moment on the calendar of a time zone. #}
{% macro local_date(moment, time_zone) -%}
    {{ return(adapter.dispatch('local_date')(moment, time_zone)) }}
{%- endmacro %}

{% macro postgres__local_date(moment, time_zone) -%}
    cast({{ moment }} at time zone {{ time_zone }} as date)
{%- endmacro %}

{% macro spark__local_date(moment, time_zone) -%}
    cast(from_utc_timestamp({{ moment }}, {{ time_zone }}) as date)
{%- endmacro %}


{# Whole days from one date to another. #}
{% macro days_between(first_date, last_date) -%}
    {{ return(adapter.dispatch('days_between')(first_date, last_date)) }}
{%- endmacro %}

{% macro postgres__days_between(first_date, last_date) -%}
    ({{ last_date }} - {{ first_date }})
{%- endmacro %}

{% macro spark__days_between(first_date, last_date) -%}
    datediff({{ last_date }}, {{ first_date }})
{%- endmacro %}


{# Minutes from one moment to another, with fractions. #}
{% macro minutes_between(first_moment, last_moment) -%}
    {{ return(adapter.dispatch('minutes_between')(first_moment, last_moment)) }}
{%- endmacro %}

{% macro postgres__minutes_between(first_moment, last_moment) -%}
    (cast(extract(epoch from {{ last_moment }}) - extract(epoch from {{ first_moment }}) as decimal(18, 2)) / 60)
{%- endmacro %}

{% macro spark__minutes_between(first_moment, last_moment) -%}
    (cast(unix_millis({{ last_moment }}) - unix_millis({{ first_moment }}) as decimal(18, 2)) / 60000)
{%- endmacro %}


{# A date some days later (earlier, when negative). #}
{% macro days_added(date, days) -%}
    {{ return(adapter.dispatch('days_added')(date, days)) }}
{%- endmacro %}

{% macro postgres__days_added(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__days_added(date, days) -%}
    date_add({{ date }}, cast({{ days }} as int))
{%- endmacro %}


{# A date some months later; 31 January and one month is the last of February. #}
{% macro months_added(date, months) -%}
    {{ return(adapter.dispatch('months_added')(date, months)) }}
{%- endmacro %}

{% macro postgres__months_added(date, months) -%}
    cast({{ date }} + make_interval(months => cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro spark__months_added(date, months) -%}
    add_months({{ date }}, cast({{ months }} as int))
{%- endmacro %}


{# First day of the month, quarter or year of a date. #}
{% macro period_start(period_type, date) -%}
    {{ return(adapter.dispatch('period_start')(period_type, date)) }}
{%- endmacro %}

{% macro postgres__period_start(period_type, date) -%}
    cast(date_trunc('{{ period_type }}', cast({{ date }} as timestamp)) as date)
{%- endmacro %}

{% macro spark__period_start(period_type, date) -%}
    cast(date_trunc('{{ period_type }}', {{ date }}) as date)
{%- endmacro %}


{# The moment at which a date begins in a time zone. #}
{% macro local_midnight(date, time_zone) -%}
    {{ return(adapter.dispatch('local_midnight')(date, time_zone)) }}
{%- endmacro %}

{% macro postgres__local_midnight(date, time_zone) -%}
    (cast({{ date }} as timestamp) at time zone {{ time_zone }})
{%- endmacro %}

{% macro spark__local_midnight(date, time_zone) -%}
    to_utc_timestamp(cast({{ date }} as timestamp), {{ time_zone }})
{%- endmacro %}


{# A moment some days later. #}
{% macro moment_days_added(moment, days) -%}
    {{ return(adapter.dispatch('moment_days_added')(moment, days)) }}
{%- endmacro %}

{% macro postgres__moment_days_added(moment, days) -%}
    ({{ moment }} + make_interval(hours => 24 * cast({{ days }} as integer)))
{%- endmacro %}

{% macro spark__moment_days_added(moment, days) -%}
    ({{ moment }} + make_dt_interval({{ days }}))
{%- endmacro %}
