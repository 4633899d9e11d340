with mentions as (

    select * from {{ ref('int_customer_mentions_collected') }}
    where vin is not null or trade_in_vin is not null

),

records as (

    select * from {{ ref('int_customer_records_cleaned') }}

),

held as (

    {% for column in ['vin', 'trade_in_vin'] -%}
    select
        signatures.signature_id,
        vins.vin
    from mentions
    inner join {{ ref('int_customer_record_signatures') }} as signatures
        on mentions.record_key = signatures.record_key
    inner join {{ ref('int_customer_vins_standardized') }} as vins on mentions.{{ column }} = vins.vin_cell

    {{ "union" if not loop.last }}

    {% endfor -%}
),

-- A car that companies or many people have held tells nothing of any of them.
holders as (

    select
        held.vin,
        count(distinct left(records.last_name_key, 3)) as surname_count,
        max(case when records.customer_type = 'organisation' then 1 else 0 end) = 1 as is_company_car
    from held
    inner join records on held.signature_id = records.signature_id
    where held.vin is not null
    group by held.vin

),

final as (

    select
        records.record_id,
        held.vin,
        not holders.is_company_car and holders.surname_count <= 5 as is_usable
    from held
    inner join records on held.signature_id = records.signature_id
    inner join holders on held.vin = holders.vin

)

select * from final
