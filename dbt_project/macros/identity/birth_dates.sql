{# Whether the day has come, and is not of somebody who would be 110 years old today. Reads `current_build`. #}
{% macro is_plausible_birth_date(birth_date) -%}
    coalesce(
        {{ birth_date }} <= current_build.as_of_date
        and {{ birth_date }} > {{ days_added('current_build.as_of_date', -110 * 366) }},
        false
    )
{%- endmacro %}
