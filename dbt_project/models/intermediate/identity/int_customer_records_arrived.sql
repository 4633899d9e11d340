{{ config(pre_hook="{{ standardising_begun() }}") }}

with records as (

    select record_id from {{ ref('int_customer_records_unioned') }}

),

{% if standardising_can_go_on() -%}
held as (

    select record_id from {{ this.incorporate(path={'identifier': 'int_customer_records_cleaned'}) }}

),

final as (

    select coalesce(records.record_id, held.record_id) as record_id
    from records
    full outer join held on records.record_id = held.record_id
    where
        records.record_id is null
        or held.record_id is null

)
{%- else -%}
final as (

    select * from records

)
{%- endif %}

select * from final
