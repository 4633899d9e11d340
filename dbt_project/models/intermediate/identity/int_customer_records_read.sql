with records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

arrived as (

    select * from {{ ref('int_customer_records_arrived') }}

),

mentions as (

    select * from {{ ref('int_customer_mentions_collected') }}

),

final as (

    select
        records.record_id,
        records.signature_id,
        records.dealer_code,
        records.source_system,
        {% for column in signature_columns() -%}
        mentions.{{ column }},
        {% endfor -%}
        mentions.customer_source_id
    from records
    inner join arrived on records.record_id = arrived.record_id
    inner join mentions on records.record_key = mentions.record_key

)

select * from final
