{{ config(materialized='kept', redone={'int_customer_records_changed': ['record_id']}, unlogged=true) }}

with final as (

    select
        record_id,
        fingerprint,
        card_id
    from {{ ref('int_customer_records_changed') }}
    where fingerprint is not null

)

select * from final
