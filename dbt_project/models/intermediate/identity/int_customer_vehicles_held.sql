{{ config(
    materialized='kept',
    part='standardising',
    key='record_key',
    redone={'int_customer_mentions_resigned': ['record_key']},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    indexes=[{'columns': ['record_key'], 'type': 'hash'}, {'columns': ['vin'], 'type': 'hash'}],
    pre_hook="{{ records_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_mentions_resigned') }}

with mentions as (

    select
        mentions.record_key,
        mentions.vin,
        mentions.trade_in_vin
    from {{ ref('int_customer_mentions_collected') }} as mentions
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_mentions_resigned') }} as redone on mentions.record_key = redone.record_key
    {% endif -%}
    where
        mentions.vin is not null
        or mentions.trade_in_vin is not null

),

final as (

    {% for column in ['vin', 'trade_in_vin'] -%}
    select
        mentions.record_key,
        signatures.record_id,
        vins.vin
    from mentions
    inner join {{ ref('int_customer_record_signatures') }} as signatures
        on mentions.record_key = signatures.record_key
    inner join {{ ref('int_customer_vins_standardized') }} as vins on mentions.{{ column }} = vins.vin_cell
    where vins.vin is not null

    {{ "union" if not loop.last }}

    {% endfor -%}
)

select * from final
