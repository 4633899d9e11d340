with periods as (

    select * from {{ ref('int_periods') }}
    where is_complete

),

first_seen as (

    select scope_type, scope_code, customer_id, min(business_date) as first_business_date
    from {{ ref('int_customer_activities_scoped') }}
    where is_customer
    group by scope_type, scope_code, customer_id

),

members as (

    select
        members.scope_type,
        members.scope_code,
        members.base_definition,
        members.customer_id,
        members.instant,
        first_seen.first_business_date
    from {{ ref('int_customer_base_members') }} as members
    inner join first_seen
        on
            members.scope_type = first_seen.scope_type
            and members.scope_code = first_seen.scope_code
            and members.customer_id = first_seen.customer_id

),

-- In two halves, each joined by equality: members are many, and so are periods.
members_of_periods as (

    select members.*, periods.period_type, periods.period_start, periods.period_end, 1 as at_start, 0 as at_end
    from periods
    inner join members on periods.period_start = members.instant
    union all
    select members.*, periods.period_type, periods.period_start, periods.period_end, 0 as at_start, 1 as at_end
    from periods
    inner join members on periods.period_end = members.instant

),

presences as (

    select
        scope_type,
        scope_code,
        base_definition,
        period_type,
        period_start,
        period_end,
        customer_id,
        max(first_business_date) as first_business_date,
        max(at_start) as at_start,
        max(at_end) as at_end
    from members_of_periods
    group by scope_type, scope_code, base_definition, period_type, period_start, period_end, customer_id

),

-- Who is at the end and was not at the start is new when the scope first saw him within the period, else he came back.
counted as (

    select
        scope_type,
        scope_code,
        base_definition,
        period_type,
        period_start,
        period_end,
        sum(at_start) as customers_at_start,
        sum(at_end) as customers_at_end,
        sum(case when at_start = 0 and first_business_date >= period_start then 1 else 0 end) as new_customers,
        sum(case when at_start = 0 and first_business_date < period_start then 1 else 0 end) as reactivated_customers,
        sum(at_start * at_end) as retained_customers,
        sum(at_start * (1 - at_end)) as lost_customers
    from presences
    group by scope_type, scope_code, base_definition, period_type, period_start, period_end

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
