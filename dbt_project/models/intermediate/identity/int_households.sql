with customers as (

    select distinct customer_id from {{ ref('int_customers_identified') }}

),

final as (

    select
        customer_id,
        {{ hashed(["'household'", 'customer_id']) }} as household_id
    from customers

)

select * from final
