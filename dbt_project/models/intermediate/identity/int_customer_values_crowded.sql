with record_limits as (

    select
        attribute,
        scope,
        least(surname_limit, first_name_limit, birth_date_limit, contact_limit) as record_limit
    from {{ ref('frequency_limits') }}

),

sizes as (

    select
        attribute,
        dealer_code,
        value_used,
        count(*) as record_count
    from {{ ref('int_customer_values_used') }}
    group by attribute, dealer_code, value_used

),

crowded_in_group as (

    select
        sizes.attribute,
        sizes.value_used
    from sizes
    inner join record_limits
        on
            sizes.attribute = record_limits.attribute
            and record_limits.scope = 'group'
    group by sizes.attribute, sizes.value_used, record_limits.record_limit
    having sum(sizes.record_count) > record_limits.record_limit

),

final as (

    select
        sizes.attribute,
        'group' as scope,
        sizes.dealer_code,
        sizes.value_used
    from sizes
    inner join crowded_in_group
        on
            sizes.attribute = crowded_in_group.attribute
            and sizes.value_used = crowded_in_group.value_used

    union all

    select
        sizes.attribute,
        'dealer' as scope,
        sizes.dealer_code,
        sizes.value_used
    from sizes
    inner join record_limits
        on
            sizes.attribute = record_limits.attribute
            and record_limits.scope = 'dealer'
    where sizes.record_count > record_limits.record_limit

)

select * from final
