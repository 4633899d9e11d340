-- Tables that are read more than once are named each time: else they are put by whole, in one process.
with final as (

    select
        'phone' as attribute,
        records.dealer_code,
        phones.phone_e164 as value_used,
        records.last_name_key,
        records.first_name_key,
        records.birth_date,
        cast(null as {{ text_type() }}) as contact_value
    from {{ ref('int_customer_record_phones') }} as phones
    inner join {{ ref('int_customer_records_cleaned') }} as records on phones.record_id = records.record_id

    union all

    select
        'email' as attribute,
        dealer_code,
        email as value_used,
        last_name_key,
        first_name_key,
        birth_date,
        cast(null as {{ text_type() }}) as contact_value
    from {{ ref('int_customer_records_cleaned') }}
    where email is not null

    union all

    -- How those who do not tell their names can be reached: on one person's card, in a few ways.
    select
        'card' as attribute,
        records.dealer_code,
        concat(records.source_system, '|', records.customer_source_id) as value_used,
        records.last_name_key,
        records.first_name_key,
        records.birth_date,
        case
            when
                records.customer_type = 'person'
                and coalesce(records.last_name_key, records.first_name_key) is null
                then coalesce(phones.phone_e164, records.email)
        end as contact_value
    from {{ ref('int_customer_records_cleaned') }} as records
    left join {{ ref('int_customer_record_phones') }} as phones on records.record_id = phones.record_id
    where records.customer_source_id is not null

    union all

    select
        'birth_date' as attribute,
        dealer_code,
        {{ to_text('birth_date') }} as value_used,
        last_name_key,
        first_name_key,
        cast(null as date) as birth_date,
        cast(null as {{ text_type() }}) as contact_value
    from {{ ref('int_customer_records_cleaned') }}
    where birth_date is not null

)

select * from final
