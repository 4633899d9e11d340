with records as (

    select * from {{ ref('int_customer_records_cleaned') }}

),

final as (

    select
        'phone' as attribute,
        records.dealer_code,
        phones.phone_e164 as value_used,
        records.last_name_key,
        records.first_name_key,
        records.birth_date
    from {{ ref('int_customer_record_phones') }} as phones
    inner join records on phones.record_id = records.record_id

    union all

    select
        'email' as attribute,
        dealer_code,
        email as value_used,
        last_name_key,
        first_name_key,
        birth_date
    from records
    where email is not null

    union all

    select
        'birth_date' as attribute,
        dealer_code,
        {{ to_text('birth_date') }} as value_used,
        last_name_key,
        first_name_key,
        cast(null as date) as birth_date
    from records
    where birth_date is not null

)

select * from final
