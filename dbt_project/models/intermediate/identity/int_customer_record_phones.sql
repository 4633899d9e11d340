with cells as (

    select * from {{ ref('int_customer_phone_cells') }}

),

phones as (

    select * from {{ ref('int_customer_phones_standardized') }}

),

own_phones as (

    select distinct phones.phone_e164
    from {{ ref('int_dealer_phone_cells') }} as own
    inner join phones
        on
            own.phone_cell = phones.phone_cell
            and own.phone_region = phones.phone_region

),

final as (

    select
        cells.record_id,
        phones.phone_e164,
        max(case when phones.is_mobile then 1 else 0 end) = 1 as is_mobile,
        min(cells.cell_number) as cell_number,
        -- A switchboard, a free line and the dealer's own number are nobody's own.
        max(
            case
                when phones.extension is not null or phones.is_toll_free or own_phones.phone_e164 is not null then 1
                else 0
            end
        ) = 0 as is_personal
    from cells
    inner join phones
        on
            cells.phone_cell = phones.phone_cell
            and cells.phone_region = phones.phone_region
    left join own_phones on phones.phone_e164 = own_phones.phone_e164
    group by cells.record_id, phones.phone_e164

)

select * from final
