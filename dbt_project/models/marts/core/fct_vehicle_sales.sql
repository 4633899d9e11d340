with sales as (

    select * from {{ ref('int_vehicle_sales_classified') }}
    where exclusion_reason is null

),

vehicles as (

    select * from {{ ref('int_vehicles_standardized') }}

),

-- A sale goes back once; whatever else is booked on it later is money, not another return.
returns as (

    select
        sale_id,
        min(returned_at) as returned_at,
        min(business_date) as returned_on
    from {{ ref('int_vehicle_returns_linked') }}
    where sale_id is not null
    group by sale_id

),

-- A purchase adds one to what the customer has bought, its return takes it away: read in the order of time,
-- the sum before a purchase says whether it is a first one or a repeated one.
purchase_steps as (

    select customer_id, sale_id, happened_at, 1 as step, 1 as turn
    from sales
    where customer_id is not null

    union all

    -- Of one moment, the return of an earlier purchase comes before a new one, and after the purchase it takes back.
    select
        sales.customer_id,
        sales.sale_id,
        greatest(sales.happened_at, returns.returned_at) as happened_at,
        -1 as step,
        case when sales.happened_at >= returns.returned_at then 2 else 0 end as turn
    from sales
    inner join returns on sales.sale_id = returns.sale_id
    where sales.customer_id is not null

),

purchases as (

    select
        sale_id,
        step,
        sum(step) over (
            partition by customer_id
            order by happened_at, turn, sale_id
            rows between unbounded preceding and current row
        ) as purchase_number
    from purchase_steps

),

final as (

    select
        sales.sale_id,
        sales.dealer_code,
        sales.source_system,
        sales.entity,
        sales.source_record_id,
        sales.customer_id,
        sales.vehicle_id,
        sales.happened_at as sold_at,
        sales.business_date,
        sales.dealer_local_date,
        sales.is_time_assumed,
        sales.department,
        sales.vehicle_condition,
        coalesce(sales.make, vehicles.make) as make,
        coalesce(sales.model, vehicles.model) as model,
        cast(coalesce(sales.model_year, vehicles.model_year) as integer) as model_year,
        sales.price_amount,
        sales.discount_amount,
        sales.net_amount,
        sales.cost_amount,
        case when sales.salesperson is not null then {{ hashed(['sales.dealer_code', 'lower(sales.salesperson)']) }} end
            as salesperson_id,
        sales.trade_in_vehicle_id,
        cast(purchases.purchase_number as integer) as purchase_number,
        coalesce(purchases.purchase_number > 1, false) as is_repurchase,
        returns.sale_id is not null as is_returned,
        returns.returned_at,
        returns.returned_on,
        sales.is_absent_from_source
    from sales
    left join vehicles on sales.vehicle_id = vehicles.vehicle_id
    left join returns on sales.sale_id = returns.sale_id
    left join purchases
        on
            sales.sale_id = purchases.sale_id
            and purchases.step = 1

)

select * from final
