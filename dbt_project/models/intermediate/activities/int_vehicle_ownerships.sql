with activities as (

    select * from {{ ref('int_customer_activities') }}
    where vehicle_id is not null and customer_id is not null

),

handed_back as (

    select * from {{ ref('int_vehicles_handed_back') }}

),

last_seen as (

    select vehicle_id, customer_id, household_id, max(business_date) as last_seen_on
    from activities
    where activity_type <> 'return'
    group by vehicle_id, customer_id, household_id

),

-- A purchase always makes an owner. A visit makes one where nobody of the household before is seen with the vehicle
-- any more: the wife who brings her husband's car, or the driver of a week, does not.
taken_over as (

    select vehicle_id, customer_id, business_date, 1 as is_sale
    from activities
    where activity_type = 'sale'
    union all
    select vehicle_id, customer_id, business_date, 0 as is_sale
    from activities
    where
        activity_type = 'visit'
        and not exists (
            select 1
            from last_seen
            where
                last_seen.vehicle_id = activities.vehicle_id
                and last_seen.customer_id <> activities.customer_id
                and (
                    last_seen.last_seen_on >= activities.business_date
                    or last_seen.household_id = activities.household_id
                )
        )

),

owners_in_turn as (

    select
        *,
        lag(customer_id) over (
            partition by vehicle_id
            order by business_date, is_sale, customer_id
        ) as previous_customer_id
    from taken_over

),

beginnings as (

    select
        vehicle_id,
        customer_id,
        business_date as valid_from,
        case when is_sale = 1 then 'bought' else 'serviced' end as evidence,
        lead(business_date) over (partition by vehicle_id order by business_date, is_sale, customer_id) as next_from
    from owners_in_turn
    where previous_customer_id is null or previous_customer_id <> customer_id

),

ended as (

    select
        beginnings.vehicle_id,
        beginnings.customer_id,
        beginnings.valid_from,
        min(handed_back.handed_back_on) as handed_back_on
    from beginnings
    inner join handed_back
        on
            beginnings.vehicle_id = handed_back.vehicle_id
            and beginnings.customer_id = handed_back.customer_id
            and beginnings.valid_from <= handed_back.handed_back_on
    group by beginnings.vehicle_id, beginnings.customer_id, beginnings.valid_from

),

final as (

    select
        beginnings.customer_id,
        beginnings.vehicle_id,
        beginnings.valid_from,
        -- Exclusive; null while the vehicle is still owned.
        least(beginnings.next_from, ended.handed_back_on) as valid_to,
        beginnings.evidence
    from beginnings
    left join ended
        on
            beginnings.vehicle_id = ended.vehicle_id
            and beginnings.customer_id = ended.customer_id
            and beginnings.valid_from = ended.valid_from

)

select * from final
