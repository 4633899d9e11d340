{{ config(
    materialized='kept',
    redone={'int_customer_records_touched': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_touched') }}

with records as (

    select records.*
    from {{ ref('int_customer_records_standardized') }} as records
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_records_touched') }} as touched on records.record_id = touched.record_id
    {%- endif %}

),

final as (

    select
        records.record_id,
        records.signature_id,
        coalesce(components.linked_component, records.record_id) as linked_component,
        coalesce(separated.component, components.component, records.record_id) as component,
        -- Nothing but a number or an address to write to: a person nobody has named yet.
        records.customer_type = 'person'
        and coalesce(records.last_name_key, records.first_name_key, records.tax_id, records.national_id) is null
        and records.birth_date is null
        and components.node is null
        -- Who tries out a system with a customer's number is not that customer.
        and not records.is_test
        and (records.is_usable_phone or records.is_usable_email) as is_bare
    from records
    left join {{ ref('int_customer_components_guarded') }} as components on records.record_id = components.node
    left join {{ ref('int_customer_records_separated') }} as separated on records.record_id = separated.node

)

select * from final
