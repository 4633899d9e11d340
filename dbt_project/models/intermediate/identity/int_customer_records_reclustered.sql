{{ config(materialized='view') }}

-- A bare record may change its cluster though neither it nor a link of it changed: the number that it holds became
-- another's too.
with final as (

    select record_id from {{ ref('int_customer_records_touched') }}

    union

    select record_id from {{ ref('int_customer_records_grouped') }}
    where is_bare

)

select * from final
