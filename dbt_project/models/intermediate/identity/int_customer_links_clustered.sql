-- What is clustered in this run: the next one finds by it which links have changed. After records_touched, which
-- compares with the run before.
-- depends_on: {{ ref('int_customer_records_touched') }}
{{ config(unlogged=true) }}

with final as (

    select * from {{ ref('int_customer_links_proposed') }}

)

select * from final
