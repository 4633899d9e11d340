{{ config(
    materialized='kept',
    part='standardising',
    redone={'int_customer_records_restandardized': ['record_id']},
    unlogged=true,
    indexes=[{'columns': ['record_id']}],
    pre_hook="{{ records_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_restandardized') }}

with phones as (

    select
        phones.record_id,
        phones.phone_e164,
        phones.is_mobile,
        phones.cell_number,
        phones.is_personal and phone_out.value_used is null as is_usable
    from {{ ref('int_customer_record_phones') }} as phones
    inner join {{ ref('int_customer_records_cleaned') }} as records on phones.record_id = records.record_id
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_records_restandardized') }} as redone on phones.record_id = redone.record_id
    {% endif -%}
    {{ ruled_out_joined('phone', 'phones.phone_e164') }}

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
