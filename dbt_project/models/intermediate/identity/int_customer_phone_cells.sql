with records as (

    select * from {{ ref('int_customer_records_read') }}

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

settings as (

    select max(value) as phone_region from {{ source('ops', 'settings') }}
    where setting = 'default_phone_region'

),

cells as (

    {% for column in ['phone', 'phone_2', 'phone_3'] -%}
    select
        record_id,
        dealer_code,
        {{ loop.index }} as cell_number,
        {{ column }} as phone_cell
    from records
    where {{ column }} is not null

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

final as (

    select
        cells.record_id,
        cells.dealer_code,
        cells.cell_number,
        cells.phone_cell,
        coalesce(dealers.phone_region, settings.phone_region, 'RU') as phone_region
    from cells
    cross join settings
    left join dealers on cells.dealer_code = dealers.dealer_code

)

select * from final
