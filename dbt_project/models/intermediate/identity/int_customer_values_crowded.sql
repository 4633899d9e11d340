{{ config(pre_hook="{{ pairs_left_unsorted() }}") }}

with record_limits as (

    select
        attribute,
        scope,
        least(surname_limit, first_name_limit, birth_date_limit, contact_limit) as record_limit
    from {{ ref('frequency_limits') }}

),

least_limits as (

    select
        attribute,
        min(record_limit) as record_limit
    from record_limits
    group by attribute

),

-- Nearly all values are of a few records; that is found quickest by a number for each, and few are counted by dealer.
numbered as (

    select
        attribute,
        value_id,
        count(*) as record_count
    from {{ ref('int_customer_values_used') }}
    group by attribute, value_id

),

frequent as (

    select
        numbered.attribute,
        numbered.value_id
    from numbered
    inner join least_limits on numbered.attribute = least_limits.attribute
    where numbered.record_count > least_limits.record_limit
    {{ computed_once() }}

),

sizes as (

    select
        values_used.attribute,
        values_used.dealer_code,
        values_used.value_used,
        count(*) as record_count
    from {{ ref('int_customer_values_used') }} as values_used
    inner join frequent
        on
            values_used.attribute = frequent.attribute
            and values_used.value_id = frequent.value_id
    group by values_used.attribute, values_used.dealer_code, values_used.value_used

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
