-- Phones and e-mails of customers are in dim_customer_contacts and in no other column of a mart that takes words
-- as dealers type them.
{% set typed_columns = [
    ('fct_vehicle_sales', ['make', 'model']),
    ('fct_vehicle_returns', ['make', 'model']),
    ('fct_leads', ['make', 'model', 'source_channel', 'utm_source', 'utm_medium', 'utm_campaign']),
    ('fct_survey_responses', ['questionnaire', 'questionnaire_version']),
    ('dim_vehicles', ['make', 'model']),
    ('rpt_unmapped_values', ['unmapped_value']),
    ('dim_customers', ['city', 'region']),
] %}

with contact_values as (

    select distinct contact_value
    from {{ ref('dim_customer_contacts') }}
    where contact_type in ('phone', 'email')

),

typed as (

    {% for mart, columns in typed_columns -%}
    {% set outer_last = loop.last -%}
    {% for column in columns -%}
    select distinct '{{ mart }}.{{ column }}' as found_in, lower({{ column }}) as typed_value
    from {{ ref(mart) }}
    {{ "union all" if not (outer_last and loop.last) }}
    {% endfor -%}
    {% endfor -%}
)

select typed.found_in
from typed
inner join contact_values on typed.typed_value = contact_values.contact_value
