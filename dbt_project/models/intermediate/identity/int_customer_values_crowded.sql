{{ config(pre_hook="{{ pairs_left_unsorted() }}") }}

-- Nearly all values are of a few records: they are counted by the number that stands for each.
with crowded_in_group as (

    select
        values_used.attribute,
        values_used.value_id
    from {{ ref('int_customer_values_used') }} as values_used
    inner join {{ ref('frequency_limits') }} as limits
        on
            values_used.attribute = limits.attribute
            and limits.scope = 'group'
    group by values_used.attribute, values_used.value_id
    having
        count(*) > min(
            least(limits.surname_limit, limits.first_name_limit, limits.birth_date_limit, limits.contact_limit)
        )

),

crowded_at_dealer as (

    select
        values_used.attribute,
        values_used.dealer_code,
        values_used.value_id
    from {{ ref('int_customer_values_used') }} as values_used
    inner join {{ ref('frequency_limits') }} as limits
        on
            values_used.attribute = limits.attribute
            and limits.scope = 'dealer'
    group by values_used.attribute, values_used.dealer_code, values_used.value_id
    having
        count(*) > min(
            least(limits.surname_limit, limits.first_name_limit, limits.birth_date_limit, limits.contact_limit)
        )

),

final as (

    select distinct
        values_used.attribute,
        'group' as scope,
        values_used.dealer_code,
        values_used.value_used
    from {{ ref('int_customer_values_used') }} as values_used
    inner join crowded_in_group as crowded
        on
            values_used.attribute = crowded.attribute
            and values_used.value_id = crowded.value_id

    union all

    select distinct
        values_used.attribute,
        'dealer' as scope,
        values_used.dealer_code,
        values_used.value_used
    from {{ ref('int_customer_values_used') }} as values_used
    inner join crowded_at_dealer as crowded
        on
            values_used.attribute = crowded.attribute
            and values_used.dealer_code = crowded.dealer_code
            and values_used.value_id = crowded.value_id

)

select * from final
