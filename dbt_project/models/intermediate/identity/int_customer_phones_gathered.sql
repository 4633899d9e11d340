with records as (

    select * from {{ ref('int_customer_records_cleaned') }}

),

own_phones as (

    select distinct phones.phone_e164
    from {{ ref('int_dealer_phone_cells') }} as own
    inner join {{ ref('int_customer_phones_standardized') }} as phones
        on
            own.phone_cell = phones.phone_cell
            and own.phone_region = phones.phone_region

),

-- A dealer's own number is nobody's.
phones as (

    select
        phones.record_id,
        phones.phone_e164,
        phones.is_mobile,
        phones.cell_number,
        phones.is_personal
        and own_phones.phone_e164 is null
        and group_barred.value_used is null
        and dealer_barred.value_used is null as is_usable
    from {{ ref('int_customer_record_phones') }} as phones
    inner join records on phones.record_id = records.record_id
    left join own_phones on phones.phone_e164 = own_phones.phone_e164
    {{ barred_values('phone', 'phones.phone_e164', 'records.dealer_code') }}

),

-- The record's own phone is the mobile of its first cell, of those that are nobody else's as well.
ranked as (

    select
        *,
        row_number() over (
            partition by record_id
            order by
                case when is_usable then 0 else 1 end,
                case when is_mobile then 0 else 1 end,
                cell_number,
                phone_e164
        ) as phone_rank
    from phones

),

final as (

    select
        record_id,
        {{ array_aggregated("case when is_usable and is_mobile then phone_e164 end") }} as mobile_phones,
        {{ array_aggregated("case when is_usable and not is_mobile then phone_e164 end") }} as landline_phones,
        min(case when phone_rank = 1 then phone_e164 end) as phone,
        max(case when is_usable then 1 else 0 end) = 1 as is_usable_phone
    from ranked
    group by record_id

)

select * from final
