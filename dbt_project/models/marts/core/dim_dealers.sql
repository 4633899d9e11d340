with dealers as (

    -- A code with an underscore is not a centre but a feed that carries many.
    select * from {{ source('ops', 'dealers') }}
    where left(dealer_code, 1) <> '_'

),

own_feeds as (

    select
        dealer_code,
        max(last_good_load_at) as last_good_load_at,
        max(case when is_stale then 1 else 0 end) = 1 as is_stale
    from {{ ref('int_feeds_judged') }}
    group by dealer_code

),

-- A dealer without a feed of his own is as fresh as the feeds that carry many.
common_feeds as (

    select
        max(last_good_load_at) as last_good_load_at,
        coalesce(max(case when is_stale then 1 else 0 end), 0) = 1 as is_stale
    from {{ ref('int_feeds_judged') }}
    where left(dealer_code, 1) = '_'

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
        case
            when own_feeds.dealer_code is not null then own_feeds.last_good_load_at
            else common_feeds.last_good_load_at
        end as last_good_load_at,
        coalesce(own_feeds.is_stale, common_feeds.is_stale) as is_stale,
        dealers.is_listed
    from dealers
    cross join common_feeds
    left join own_feeds on dealers.dealer_code = own_feeds.dealer_code

)

select * from final
