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
        lower(employee_name) as employee_name,
        {{ hashed_64("concat_ws('|', '', '', '', lower(employee_name))") }} as name_id
    from named
    where
        -- Two words at least: a first name alone is anybody's.
        split_part(trim(employee_name), ' ', 2) <> ''

)

select * from final
