{{ config(
    materialized='kept',
    part='standardising',
    redone={'int_customer_records_arrived': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    indexes=[{'columns': ['record_id']}],
    pre_hook="{{ records_looked_up() }}",
) }}

with cells as (

    select * from {{ ref('int_customer_phone_cells') }}

),

phones as (

    select * from {{ ref('int_customer_phones_standardized') }}

),

final as (

    select
        cells.record_id,
        phones.phone_e164,
        max(case when phones.is_mobile then 1 else 0 end) = 1 as is_mobile,
        min(cells.cell_number) as cell_number,
        -- A switchboard and a free line are nobody's own.
        max(case when phones.extension is not null or phones.is_toll_free then 1 else 0 end) = 0 as is_personal
    from cells
    inner join phones
        on
            cells.phone_cell = phones.phone_cell
            and cells.phone_region = phones.phone_region
    group by cells.record_id, phones.phone_e164

)

select * from final
