with records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

final as (

    select
        record_id,
        signature_id,
        record_key,
        dealer_code,
        source_system,
        entity,
        case when company_name is not null then 'organisation' else 'person' end as customer_type,
        coalesce(last_name, full_name) as last_name,
        first_name,
        middle_name,
        gender,
        birth_date,
        phone,
        lower(email) as email,
        address,
        city,
        region,
        postal_code,
        tax_id,
        company_name,
        false as is_test,
        false as is_employee,
        last_seen_at
    from records

)

select * from final
