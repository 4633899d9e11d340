with activities as (

    select * from {{ ref('int_customer_activities_scoped') }}
    -- Organisations are a base of their own; a retention rate of persons does not mix them in.
    where customer_type = 'person'

),

ownerships as (

    select * from {{ ref('int_vehicle_ownerships') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

-- Quarters and years begin and end where months do.
instants as (

    select period_start as instant
    from {{ ref('int_periods') }}
    where period_type = 'month'
    union distinct
    select period_end as instant
    from {{ ref('int_periods') }}
    where period_type = 'month' and is_complete

),

active as (

    select distinct
        activities.scope_type,
        activities.scope_code,
        'active' as base_definition,
        instants.instant,
        activities.customer_id
    from activities
    cross join settings
    inner join instants
        on
            activities.business_date < instants.instant
            and activities.business_date >= {{ days_added('instants.instant', '-settings.retention_active_days') }}
            and (activities.counts_until is null or activities.counts_until >= instants.instant)

),

-- Owns a vehicle that the scope sold or serviced, and was seen there with it in the last 36 months.
owning as (

    select distinct
        activities.scope_type,
        activities.scope_code,
        'owner' as base_definition,
        instants.instant,
        activities.customer_id
    from activities
    inner join ownerships
        on
            activities.customer_id = ownerships.customer_id
            and activities.vehicle_id = ownerships.vehicle_id
    inner join instants
        on
            activities.business_date < instants.instant
            and activities.business_date >= {{ months_added('instants.instant', -36) }}
            and ownerships.valid_from < instants.instant
            and (ownerships.valid_to is null or ownerships.valid_to >= instants.instant)

),

final as (

    select * from active
    union all
    select * from owning

)

select * from final
