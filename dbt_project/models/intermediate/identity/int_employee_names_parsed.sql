with final as (

    select distinct
        collected.dealer_code,
        names.last_name_key,
        names.first_name_key,
        coalesce(names.middle_name_key, '') as middle_name_key
    from {{ ref('int_employee_names_collected') }} as collected
    inner join {{ ref('int_customer_names_parsed') }} as names on collected.name_id = names.name_id

)

select * from final
