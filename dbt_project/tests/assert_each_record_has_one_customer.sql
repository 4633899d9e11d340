-- Every record that carries a person leads to exactly one customer and to its row of a file, and every customer is
-- made of the records that are counted for him.
with assigned as (

    select {{ record_id() }} as record_id, customer_id
    from {{ ref('int_customer_ids_assigned') }}

),

bridged as (

    select {{ record_id() }} as record_id, customer_id
    from {{ ref('bridge_customer_records') }}

),

customers as (

    select customers.customer_id, customers.record_count, count(bridged.record_id) as bridged_count
    from {{ ref('dim_customers') }} as customers
    left join bridged on customers.customer_id = bridged.customer_id
    group by customers.customer_id, customers.record_count

)

select 'record without a row of a file' as finding, assigned.record_id as found
from assigned
left join bridged
    on
        assigned.record_id = bridged.record_id
        and assigned.customer_id = bridged.customer_id
where bridged.record_id is null

union all

select 'customer of another number of records' as finding, customer_id as found
from customers
where record_count <> bridged_count
