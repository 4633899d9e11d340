with activities as (

    select * from {{ ref('int_customer_activities_scoped') }}
    -- A sale that was given back, and the giving back, are no reason to call somebody a frequent customer.
    where
        scope_type in ('group', 'brand')
        and is_customer
        and activity_type <> 'return'
        and counts_until is null

),

as_of as (

    select as_of_date, {{ months_added('as_of_date', -36) }} as window_start
    from {{ source('ops', 'current_build') }}

),

measured as (

    select
        activities.scope_type,
        activities.scope_code,
        activities.customer_id,
        {{ days_between('max(activities.business_date)', 'max(as_of.as_of_date)') }} as recency_days,
        count(distinct case when activities.business_date >= as_of.window_start then activities.document_id end)
            as frequency,
        cast(
            coalesce(
                sum(case when activities.business_date >= as_of.window_start then activities.net_amount end), 0
            ) as decimal(14, 2)
        ) as monetary_amount
    from activities
    cross join as_of
    group by activities.scope_type, activities.scope_code, activities.customer_id

),

-- cume_dist gives equal customers one place, so that ties share a fifth. Rounded, for 3/5 * 5 is to be 3.
ranked as (

    select
        *,
        count(*) over (partition by scope_type, scope_code) as scope_customers,
        cast(
            cume_dist() over (partition by scope_type, scope_code order by recency_days desc) * 5 as decimal(8, 6)
        ) as recency_fifths,
        cast(
            cume_dist() over (partition by scope_type, scope_code order by frequency) * 5 as decimal(8, 6)
        ) as frequency_fifths,
        cast(
            cume_dist() over (partition by scope_type, scope_code order by monetary_amount) * 5 as decimal(8, 6)
        ) as monetary_fifths
    from measured

),

-- Fewer than five customers have no fifths.
final as (

    select
        scope_type,
        scope_code,
        customer_id,
        recency_days,
        frequency,
        monetary_amount,
        case when scope_customers >= 5 then cast(ceiling(recency_fifths) as integer) end as r_score,
        case when scope_customers >= 5 then cast(ceiling(frequency_fifths) as integer) end as f_score,
        case when scope_customers >= 5 then cast(ceiling(monetary_fifths) as integer) end as m_score
    from ranked

)

select * from final
