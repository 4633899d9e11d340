{{ config(
    materialized='kept',
    redone={'int_customer_records_touched': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_touched') }}

with
{% if matching_goes_on() -%}
-- Few of those who are grouped anew are not linked: these alone are looked up.
unlinked as (  -- noqa: ST03

    select touched.record_id
    from {{ ref('int_customer_records_touched') }} as touched
    left join {{ ref('int_customer_components_found') }} as components on touched.record_id = components.node
    where components.node is null
    {{ computed_once() }}

),

{% endif -%}
-- Nothing but a number or an address to write to: a person nobody has named yet.
bare as (

    select records.record_id
    from {{ ref('int_customer_records_standardized') }} as records
    {% if matching_goes_on() -%}
    inner join unlinked on records.record_id = unlinked.record_id
    {% endif -%}
    left join {{ ref('int_customer_components_found') }} as components on records.record_id = components.node
    where
        records.customer_type = 'person'
        and coalesce(records.last_name_key, records.first_name_key, records.tax_id, records.national_id) is null
        and records.birth_date is null
        and components.node is null
        -- Who tries out a system with a customer's number is not that customer.
        and not records.is_test
        and (records.is_usable_phone or records.is_usable_email)

),

-- A record that is neither linked nor bare is a group of its own, and stands nowhere.
final as (

    select
        components.node as record_id,
        components.component as linked_component,
        coalesce(separated.component, trimmed.component, components.component) as component,
        false as is_bare
    from {{ ref('int_customer_components_found') }} as components
    left join {{ ref('int_customer_components_trimmed') }} as trimmed on components.node = trimmed.node
    left join {{ ref('int_customer_records_separated') }} as separated on components.node = separated.node

    union all

    select
        record_id,
        record_id as linked_component,
        record_id as component,
        true as is_bare
    from bare

)

select * from final
