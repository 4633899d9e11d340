with settings as (

    select * from {{ source('ops', 'settings') }}

),

build as (

    select * from {{ source('ops', 'current_build') }}

),

final as (

    select
        build.as_of_date,
        coalesce(max(case when settings.setting = 'time_zone' then settings.value end), 'Europe/Moscow') as time_zone,
        coalesce(max(case when settings.setting = 'currency' then settings.value end), 'RUB') as currency,
        cast(
            coalesce(max(case when settings.setting = 'lifecycle.lapsed_days' then settings.value end), '1095') as integer
        ) as lapsed_days,
        cast(
            coalesce(max(case when settings.setting = 'retention.active_days' then settings.value end), '395') as integer
        ) as retention_active_days,
        cast(
            coalesce(max(case when settings.setting = 'leads.response_days' then settings.value end), '30') as integer
        ) as lead_response_days,
        cast(
            coalesce(max(case when settings.setting = 'freshness.stale_days' then settings.value end), '7') as integer
        ) as stale_days
    from build
    left join settings on 1 = 1
    group by build.as_of_date

)

select * from final
