-- Price and discount of the sale written again, with whatever signs: sale and return together are nothing.
with returned as (

    select
        returns.return_id,
        returns.net_amount + sales.net_amount as amount_left
    from {{ ref('fct_vehicle_returns') }} as returns
    inner join {{ ref('fct_vehicle_sales') }} as sales on returns.sale_id = sales.sale_id
    inner join {{ ref('stg_dms__sales') }} as documents
        on {{ same_record('returns', 'documents') }}
    where
        abs(documents.price_amount) = sales.price_amount
        and abs(coalesce(documents.discount_amount, 0)) = coalesce(sales.discount_amount, 0)

)

select * from returned
where amount_left <> 0
