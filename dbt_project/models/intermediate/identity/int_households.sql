with customers as (

    select distinct customer_id from {{ ref('int_customers_identified') }}

),

components as (

    select * from {{ ref('int_household_links_found') }}

),

grouped as (

    select
        customers.customer_id,
        coalesce(components.component, {{ hashed_64('customers.customer_id') }}) as component
    from customers
    left join components on {{ hashed_64('customers.customer_id') }} = components.node

),

final as (

    select
        customer_id,
        {{ hashed(["'household'", 'min(customer_id) over (partition by component)']) }} as household_id
    from grouped

)

select * from final
