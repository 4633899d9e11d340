with recursive as_of as (

    select as_of_date from {{ source('ops', 'current_build') }}

),

first_activity as (

    select {{ period_start('year', 'min(business_date)') }} as first_month
    from {{ ref('int_customer_activities') }}

),

months as (

    select first_month as month_start
    from first_activity
    where first_month is not null

    union all

    select {{ months_added('months.month_start', 1) }} as month_start
    from months
    cross join as_of
    where {{ months_added('months.month_start', 1) }} <= as_of.as_of_date

),

periods as (

    select
        'month' as period_type,
        month_start as period_start,
        {{ months_added('month_start', 1) }} as period_end
    from months

    union all

    select
        'quarter' as period_type,
        month_start as period_start,
        {{ months_added('month_start', 3) }} as period_end
    from months
    where month_start = {{ period_start('quarter', 'month_start') }}

    union all

    select
        'year' as period_type,
        month_start as period_start,
        {{ months_added('month_start', 12) }} as period_end
    from months
    where month_start = {{ period_start('year', 'month_start') }}

),

final as (

    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        -- The as-of date is the last day delivered: a period that ends with it is whole.
        periods.period_end <= {{ days_added('as_of.as_of_date', 1) }} as is_complete
    from periods
    cross join as_of

)

select * from final
