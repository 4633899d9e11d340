with addresses as (

    select distinct
        address_id,
        address,
        city
    from {{ ref('int_customer_parties_recognised') }}
    where coalesce(address, city) is not null

),

final as (

    select
        address_id,
        {{ address_street_key('address', 'city') }} as street_key,
        {{ address_numbers('address', 'city') }} as address_numbers,
        {{ address_city_key('address', 'city') }} as city_key
    from addresses

)

select * from final
