{%- set taken_from = {
    'last_name': 'name', 'first_name': 'name', 'middle_name': 'name', 'gender': 'gender',
    'birth_date': 'birth_date', 'email': 'email', 'phone': 'phone', 'address': 'address', 'city': 'address',
    'region': 'address', 'postal_code': 'address', 'tax_id': 'tax_id', 'company_name': 'company_name',
} -%}
{#- What a profile should hold. -#}
{%- set complete_with = {
    'person': [
        'valued.last_name', 'valued.first_name', to_text('valued.birth_date'), 'valued.phone', 'valued.email',
        'valued.address',
    ],
    'organisation': ['valued.company_name', 'valued.tax_id', 'valued.phone', 'valued.email', 'valued.address'],
} -%}

with records as (

    select * from {{ ref('int_customer_records_standardized') }}

),

chosen as (

    select * from {{ ref('int_customer_values_chosen') }}

),

-- Of all records, not only of those that gave a value: a mark on any of them is the customer's.
counted as (

    select
        assigned.customer_id,
        count(*) as record_count,
        max(case when records.is_test then 1 else 0 end) = 1 as is_test,
        max(case when records.is_employee then 1 else 0 end) = 1 as is_employee
    from {{ ref('int_customer_ids_assigned') }} as assigned
    left join records on assigned.signature_id = records.signature_id
    group by assigned.customer_id

),

valued as (

    select
        chosen.customer_id,
        {% for column, attribute in taken_from.items() -%}
        max(case when chosen.attribute = '{{ attribute }}' then records.{{ column }} end) as {{ column }},
        max(
            case
                when chosen.attribute = '{{ attribute }}' and records.{{ column }} is not null then chosen.record_key
            end
        ) as {{ column }}_source,
        {% endfor -%}
        max(case when chosen.attribute = 'name' then records.customer_type end) as customer_type,
        max(case when chosen.attribute = 'name' then chosen.record_key end) as name_source
    from chosen
    inner join records on chosen.record_id = records.record_id
    group by chosen.customer_id

),

final as (

    select
        valued.customer_id,
        valued.customer_type,
        valued.name_source as customer_type_source,
        nullif(concat_ws(' ', valued.last_name, valued.first_name, valued.middle_name), '') as full_name,
        case
            when coalesce(valued.last_name, valued.first_name, valued.middle_name) is not null then valued.name_source
        end as full_name_source,
        {% for column in taken_from -%}
        valued.{{ column }},
        valued.{{ column }}_source,
        {% endfor -%}
        counted.record_count,
        case valued.customer_type
            {% for customer_type, columns in complete_with.items() -%}
            when '{{ customer_type }}' then {{ ratio(columns_known(columns), columns | length) }}
            {% endfor -%}
        end as completeness,
        households.household_id,
        counted.is_test,
        counted.is_employee
    from valued
    inner join counted on valued.customer_id = counted.customer_id
    left join {{ ref('int_households') }} as households on valued.customer_id = households.customer_id

)

select * from final
