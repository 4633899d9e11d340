{{ config(materialized='connected_components') }}

with records as (

    select
        customers.customer_id,
        standardized.*
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on standardized.record_id = clusters.record_id
    inner join {{ ref('int_customers_identified') }} as customers
        on clusters.cluster_id = customers.cluster_id
    where
        standardized.customer_type = 'person'
        and standardized.last_name_key is not null

),

shared as (

    select
        customer_id,
        concat('phone|', last_name_key, '|', phone) as household_key
    from records
    where is_usable_phone

    union

    select
        customer_id,
        concat_ws('|', 'address', last_name_key, street_key, address_numbers, city_key) as household_key
    from records
    where is_usable_address

),

first_members as (

    select
        household_key,
        min(customer_id) as customer_id
    from shared
    group by household_key
    having count(*) between 2 and 12

),

final as (

    select
        {{ hashed_64('first_members.customer_id') }} as left_node,
        {{ hashed_64('shared.customer_id') }} as right_node
    from shared
    inner join first_members on shared.household_key = first_members.household_key

)

select * from final
