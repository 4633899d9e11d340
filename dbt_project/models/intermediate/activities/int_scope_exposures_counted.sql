with months as (

    select period_start as month_start, period_end as month_end
    from {{ ref('int_periods') }}
    where period_type = 'month'

),

as_of as (

    select {{ days_added('as_of_date', 1) }} as observed_until
    from {{ source('ops', 'current_build') }}

),

first_seen as (

    select scope_type, scope_code, customer_id, min(business_date) as first_business_date
    from {{ ref('int_customer_activities_scoped') }}
    where is_customer
    group by scope_type, scope_code, customer_id

),

-- Days of observation, so that a customer of two months does not look infrequent: in the month that he is first seen
-- from that day on, afterwards every day.
arrivals as (

    select
        first_seen.scope_type,
        first_seen.scope_code,
        months.month_start,
        count(*) as arrived_customers,
        sum({{ days_between('first_seen.first_business_date', 'least(months.month_end, as_of.observed_until)') }})
            as days_in_first_month
    from first_seen
    inner join months
        on first_seen.first_business_date >= months.month_start and first_seen.first_business_date < months.month_end
    cross join as_of
    group by first_seen.scope_type, first_seen.scope_code, months.month_start

),

scopes as (

    select distinct scope_type, scope_code from first_seen

),

final as (

    select
        scopes.scope_type,
        scopes.scope_code,
        months.month_start,
        cast(
            coalesce(arrivals.days_in_first_month, 0)
            + {{ days_between('months.month_start', 'least(months.month_end, as_of.observed_until)') }} * coalesce(
                sum(arrivals.arrived_customers) over (
                    partition by scopes.scope_type, scopes.scope_code
                    order by months.month_start
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
            as bigint
        ) as customer_days
    from scopes
    cross join months
    cross join as_of
    left join arrivals
        on
            scopes.scope_type = arrivals.scope_type
            and scopes.scope_code = arrivals.scope_code
            and months.month_start = arrivals.month_start

)

select * from final
