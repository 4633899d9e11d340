with named as (

    select
        dealer_code,
        salesperson as employee_name
    from {{ ref('stg_dms__sales') }}

    union

    select
        dealer_code,
        advisor as employee_name
    from {{ ref('stg_dms__service_orders') }}

    union

    select
        dealer_code,
        employee as employee_name
    from {{ ref('stg_telephony__calls') }}

    union

    select
        dealer_code,
        employee as employee_name
    from {{ ref('stg_crm__contact_events') }}

),

final as (

    select distinct
        dealer_code,
        {{ name_key("replace(lower(employee_name), ' ', '')") }} as employee_key
    from named
    where
        -- Two words at least: a first name alone is anybody's.
        split_part(trim(employee_name), ' ', 2) <> ''

)

select * from final
