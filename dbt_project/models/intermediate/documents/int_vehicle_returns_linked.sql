-- Each return finds the sale that it takes back, the last one before it: by the number it names, else (no number, or
-- one that no sale has) by the vehicle.
with documents as (

    select * from {{ ref('int_vehicle_sales_classified') }}

),

returns as (

    select * from documents
    where exclusion_reason = 'return'

),

sales as (

    select * from documents
    where exclusion_reason is null

),

matches as (

    select returns.sale_id as return_id, sales.sale_id, sales.happened_at, 1 as match_order
    from returns
    inner join sales
        on
            returns.dealer_code = sales.dealer_code
            and returns.original_document_number = sales.document_number
            and returns.happened_at >= sales.happened_at

    union all

    select returns.sale_id as return_id, sales.sale_id, sales.happened_at, 2 as match_order
    from returns
    inner join sales
        on
            returns.dealer_code = sales.dealer_code
            and returns.vehicle_id = sales.vehicle_id
            and returns.happened_at >= sales.happened_at

),

candidates as (

    select
        return_id,
        sale_id,
        row_number() over (
            partition by return_id
            order by match_order, happened_at desc, sale_id
        ) as candidate_rank
    from matches

),

final as (

    select
        returns.sale_id as return_id,
        sales.sale_id,
        returns.dealer_code,
        returns.source_system,
        returns.entity,
        returns.source_record_id,
        coalesce(sales.customer_id, returns.customer_id) as customer_id,
        coalesce(sales.vehicle_id, returns.vehicle_id) as vehicle_id,
        returns.happened_at as returned_at,
        returns.business_date,
        returns.dealer_local_date,
        returns.is_time_assumed,
        coalesce(sales.vehicle_condition, returns.vehicle_condition) as vehicle_condition,
        coalesce(sales.make, returns.make) as make,
        coalesce(sales.model, returns.model) as model,
        cast(coalesce(returns.net_amount, -sales.net_amount) as decimal(14, 2)) as net_amount
    from returns
    left join candidates
        on
            returns.sale_id = candidates.return_id
            and candidates.candidate_rank = 1
    left join sales on candidates.sale_id = sales.sale_id

)

select * from final
