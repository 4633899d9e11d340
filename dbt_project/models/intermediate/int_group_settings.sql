-- Each threshold: the settings that tell it, the first that is told counts, and the default. Who is active in retention
-- and who has lapsed is one number, unless the group wants two.
{% set thresholds = {
    'lapsed_days': (['lifecycle.lapsed_days', 'retention.active_days'], 395),
    'retention_active_days': (['retention.active_days'], 395),
    'lead_response_days': (['leads.response_days'], 30),
    'stale_days': (['freshness.stale_days'], 7),
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
        {% for column, (names, default) in thresholds.items() -%}
        cast(round(coalesce(
            {% for name in names -%}
            max(case when settings.setting = '{{ name }}' then cast(settings.value as decimal(18, 2)) end),
            {% endfor -%}
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
