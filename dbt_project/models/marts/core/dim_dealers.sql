with dealers as (

    -- A code with an underscore is not a centre but a feed that carries many.
    select * from {{ source('ops', 'dealers') }}
    where left(dealer_code, 1) <> '_'

),

feeds as (

    select
        dealer_code,
        max(last_good_load_at) as last_good_load_at,
        max(case when is_stale then 1 else 0 end) = 1 as is_stale
    from {{ ref('int_feeds_judged') }}
    group by dealer_code

),

final as (

    select
        dealers.dealer_code,
        dealers.dealer_name,
        dealers.legal_entity,
        dealers.same_group,
        {{ array_joined('dealers.brands') }} as brands,
        dealers.city,
        dealers.region,
        dealers.time_zone,
        feeds.last_good_load_at,
        coalesce(feeds.is_stale, false) as is_stale,
        dealers.is_listed
    from dealers
    left join feeds on dealers.dealer_code = feeds.dealer_code

)

select * from final
