with members as (

    select * from {{ ref('int_customer_base_members') }}

),

periods as (

    select * from {{ ref('int_periods') }}
    where is_complete

),

first_seen as (

    select scope_type, scope_code, customer_id, min(business_date) as first_business_date
    from {{ ref('int_customer_activities_scoped') }}
    where is_customer
    group by scope_type, scope_code, customer_id

),

presences as (

    select
        members.scope_type,
        members.scope_code,
        members.base_definition,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        members.customer_id,
        max(case when members.instant = periods.period_start then 1 else 0 end) as at_start,
        max(case when members.instant = periods.period_end then 1 else 0 end) as at_end
    from periods
    inner join members on members.instant in (periods.period_start, periods.period_end)
    group by
        members.scope_type,
        members.scope_code,
        members.base_definition,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        members.customer_id

),

-- Who is at the end and was not at the start is new when the scope first saw him within the period, else he came back.
counted as (

    select
        presences.scope_type,
        presences.scope_code,
        presences.base_definition,
        presences.period_type,
        presences.period_start,
        presences.period_end,
        sum(presences.at_start) as customers_at_start,
        sum(presences.at_end) as customers_at_end,
        sum(
            case
                when presences.at_start = 0 and first_seen.first_business_date >= presences.period_start then 1 else 0
            end
        ) as new_customers,
        sum(
            case
                when presences.at_start = 0 and first_seen.first_business_date < presences.period_start then 1 else 0
            end
        ) as reactivated_customers,
        sum(presences.at_start * presences.at_end) as retained_customers,
        sum(presences.at_start * (1 - presences.at_end)) as lost_customers
    from presences
    inner join first_seen
        on
            presences.scope_type = first_seen.scope_type
            and presences.scope_code = first_seen.scope_code
            and presences.customer_id = first_seen.customer_id
    group by
        presences.scope_type,
        presences.scope_code,
        presences.base_definition,
        presences.period_type,
        presences.period_start,
        presences.period_end

),

final as (

    select
        scope_type,
        scope_code,
        base_definition,
        period_type,
        period_start,
        period_end,
        customers_at_start,
        customers_at_end,
        new_customers,
        reactivated_customers,
        retained_customers,
        lost_customers,
        {{ ratio('retained_customers', 'customers_at_start') }} as crr,
        {{ ratio('customers_at_end - new_customers', 'customers_at_start') }} as crr_literal,
        case when customers_at_start = 0 then 'no_base' end as reason_code
    from counted

)

select * from final
