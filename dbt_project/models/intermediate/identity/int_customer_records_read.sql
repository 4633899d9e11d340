{{ config(pre_hook="{{ records_looked_up() }}") }}

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
        -- For want of another a person's name stands in the company's column.
        case
            when
                coalesce(mentions.full_name, mentions.last_name, mentions.first_name) is null
                and {{ is_full_name('mentions.company_name') }}
                then mentions.company_name
            else mentions.full_name
        end as full_name,
        {% for column in signature_columns() if column != 'full_name' -%}
        mentions.{{ column }},
        {% endfor -%}
        mentions.customer_source_id
    from records
    inner join arrived on records.record_id = arrived.record_id
    inner join mentions on records.record_key = mentions.record_key

)

select * from final
