{# The person columns that any feed may carry, cast; `prefix` for a further person of the row: payer_, driver_. #}
{% macro person_columns(prefix='') -%}
    {% for column in [
        'customer_source_id', 'full_name', 'last_name', 'first_name', 'middle_name', 'gender',
        'phone', 'phone_2', 'phone_3', 'email', 'address', 'city', 'region', 'postal_code', 'country',
        'tax_id', 'national_id', 'company_name', 'consent_marketing',
    ] -%}
    {{ prefix }}{{ column }},
    {% endfor -%}
    cast({{ prefix }}birth_date as date) as {{ prefix }}birth_date
{%- endmacro %}
