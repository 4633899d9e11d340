{{ config(pre_hook="{{ records_looked_up() }}") }}

-- depends_on: {{ ref('int_customer_records_mentioned') }}

with records as (

    select record_id from {{ ref('int_customer_records_unioned') }}

),

{% if standardising_goes_on() -%}
held as (

    select record_id from {{ this.incorporate(path={'identifier': 'int_customer_records_cleaned'}) }}

),

final as (

    select mentioned.record_id
    from {{ ref('int_customer_records_mentioned') }} as mentioned
    left join records on mentioned.record_id = records.record_id
    left join held on mentioned.record_id = held.record_id
    where (records.record_id is null) <> (held.record_id is null)

)
{%- else -%}
final as (

    select * from records

)
{%- endif %}

select * from final
