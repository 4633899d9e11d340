with orders as (

    select * from {{ ref('int_service_orders_classified') }}
    where exclusion_reason is null

),

-- The order that says whose visit it was: one with a customer, the last closed of the day.
ranked as (

    select
        *,
        row_number() over (
            partition by visit_id
            order by
                case when customer_id is not null then 0 else 1 end,
                closed_at desc,
                entity,
                source_record_id
        ) as order_rank
    from orders

),

final as (

    select
        visit_id,
        dealer_code,
        max(case when order_rank = 1 then source_system end) as source_system,
        max(case when order_rank = 1 then entity end) as entity,
        max(case when order_rank = 1 then source_record_id end) as source_record_id,
        max(case when order_rank = 1 then customer_id end) as customer_id,
        max(vehicle_id) as vehicle_id,
        max(closed_at) as closed_at,
        business_date,
        max(dealer_local_date) as dealer_local_date,
        min(case when is_time_assumed then 1 else 0 end) = 1 as is_time_assumed,
        max(odometer_km) as odometer_km,
        case
            when max(case when paid_by = 'customer' then 1 else 0 end) = 1 then 'customer'
            when max(case when paid_by = 'warranty' then 1 else 0 end) = 1 then 'warranty'
            else 'unknown'
        end as paid_by,
        cast(sum(coalesce(labor_amount, 0)) as decimal(14, 2)) as labor_amount,
        cast(sum(coalesce(parts_amount, 0)) as decimal(14, 2)) as parts_amount,
        cast(sum(coalesce(labor_amount, 0) + coalesce(parts_amount, 0)) as decimal(14, 2)) as net_amount,
        cast(
            sum(case when paid_by = 'customer' then coalesce(labor_amount, 0) + coalesce(parts_amount, 0) else 0 end)
            as decimal(14, 2)
        ) as customer_paid_amount,
        max(case when has_complaint then 1 else 0 end) = 1 as has_complaint,
        cast(count(*) as integer) as order_count,
        min(case when is_absent_from_source then 1 else 0 end) = 1 as is_absent_from_source
    from ranked
    group by visit_id, dealer_code, business_date

)

select * from final
