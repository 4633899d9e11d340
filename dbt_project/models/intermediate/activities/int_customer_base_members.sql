with presences as (

    select * from {{ ref('int_customer_presences') }}

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

-- Each presence stands for the moments after it, up to the next one with the same vehicle.
presences_at_instants as (

    select
        presences.scope_type,
        presences.scope_code,
        presences.customer_id,
        presences.vehicle_id,
        presences.business_date,
        presences.counts_until,
        instants.instant
    from presences
    inner join instants
        on
            presences.business_date < instants.instant
            and (presences.next_business_date is null or presences.next_business_date >= instants.instant)
            and (presences.counts_until is null or presences.counts_until >= instants.instant)

),

active as (

    select distinct
        present.scope_type,
        present.scope_code,
        'active' as base_definition,
        present.instant,
        present.customer_id
    from presences_at_instants as present
    cross join settings
    where present.business_date >= {{ days_added('present.instant', '-settings.retention_active_days') }}

),

-- Owns a vehicle that the scope sold or serviced, and was seen there with it in the last 36 months.
owning as (

    select distinct
        present.scope_type,
        present.scope_code,
        'owner' as base_definition,
        present.instant,
        present.customer_id
    from presences_at_instants as present
    inner join ownerships
        on
            present.customer_id = ownerships.customer_id
            and present.vehicle_id = ownerships.vehicle_id
            and present.instant > ownerships.valid_from
            and (ownerships.valid_to is null or present.instant <= ownerships.valid_to)
    where present.business_date >= {{ months_added('present.instant', -36) }}

),

final as (

    select * from active
    union all
    select * from owning

)

select * from final
