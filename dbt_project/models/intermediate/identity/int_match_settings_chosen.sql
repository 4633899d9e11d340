with current_build as (

    select identity_version from {{ source('ops', 'current_build') }}

),

shipped as (

    select * from {{ ref('match_settings') }}

),

-- What the active version was trained with; the default brings nothing of its own.
trained as (

    select
        settings.setting,
        settings.value
    from {{ source('identity', 'match_settings') }} as settings
    inner join current_build on settings.model_version = current_build.identity_version

),

final as (

    select
        shipped.setting,
        coalesce(trained.value, shipped.value) as value
    from shipped
    left join trained on shipped.setting = trained.setting

)

select * from final
