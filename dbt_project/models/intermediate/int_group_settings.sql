{% set thresholds = {
    'lifecycle.lapsed_days': ('lapsed_days', 1095),
    'retention.active_days': ('retention_active_days', 395),
    'leads.response_days': ('lead_response_days', 30),
    'freshness.stale_days': ('stale_days', 7),
} -%}

with settings as (

    select * from {{ source('ops', 'settings') }}

),

build as (

    select * from {{ source('ops', 'current_build') }}

),

final as (

    select
        build.as_of_date,
        {% for setting, (column, default) in thresholds.items() -%}
        cast(round(coalesce(
            max(case when settings.setting = '{{ setting }}' then cast(settings.value as decimal(18, 2)) end),
            {{ default }}
        )) as integer) as {{ column }},
        {% endfor -%}
        coalesce(max(case when settings.setting = 'time_zone' then settings.value end), 'Europe/Moscow') as time_zone,
        coalesce(max(case when settings.setting = 'currency' then settings.value end), 'RUB') as currency
    from build
    left join settings on 1 = 1
    group by build.as_of_date

)

select * from final
