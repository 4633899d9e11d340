-- depends_on: {{ ref('int_customer_mentions_received') }}
{%- set columns = ['dealer_code', 'last_name_key', 'first_name_key', 'middle_name_key'] %}

with names as (

    select distinct
        collected.dealer_code,
        names.last_name_key,
        names.first_name_key,
        coalesce(names.middle_name_key, '') as middle_name_key
    from {{ ref('int_employee_names_collected') }} as collected
    inner join {{ ref('int_customer_names_parsed') }} as names on collected.name_id = names.name_id
    where
        names.last_name_key is not null
        and names.first_name_key is not null

),

{% if standardising_goes_on() -%}
names_before as (

    select * from {{ this }}
    where is_employee

),

final as (

    select
        {% for column in columns -%}
        coalesce(names.{{ column }}, names_before.{{ column }}) as {{ column }},
        {% endfor -%}
        names.dealer_code is not null as is_employee,
        names_before.dealer_code is not null as was_employee
    from names
    full outer join names_before
        on
            names.dealer_code = names_before.dealer_code
            and names.last_name_key = names_before.last_name_key
            and names.first_name_key = names_before.first_name_key
            and names.middle_name_key = names_before.middle_name_key

)
{%- else -%}
final as (

    select
        *,
        true as is_employee,
        true as was_employee
    from names

)
{%- endif %}

select * from final
