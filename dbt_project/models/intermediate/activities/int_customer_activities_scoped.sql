with activities as (

    select * from {{ ref('int_customer_activities') }}

),

dealers as (

    select * from {{ ref('dim_dealers') }}

),

scope_types as (

    select 'group' as scope_type
    union all
    select 'brand' as scope_type
    union all
    select 'region' as scope_type
    union all
    select 'dealer' as scope_type

),

scoped as (

    select
        scope_types.scope_type,
        case scope_types.scope_type
            when 'group' then 'all'
            when 'brand' then activities.make
            when 'region' then dealers.region
            when 'dealer' then activities.dealer_code
        end as scope_code,
        activities.*
    from activities
    left join dealers on activities.dealer_code = dealers.dealer_code
    cross join scope_types

),

final as (

    -- A vehicle of unknown make belongs to no brand; it is in the group's, region's and dealer's figures.
    select * from scoped
    where scope_code is not null

)

select * from final
