-- The decisions that are followed in this run: the next one finds by it which have changed. After records_touched,
-- which compares with the run before.
-- depends_on: {{ ref('int_customer_records_touched') }}
{{ config(unlogged=true) }}

with final as (

    select * from {{ ref('int_customer_decisions_resolved') }}

)

select * from final
