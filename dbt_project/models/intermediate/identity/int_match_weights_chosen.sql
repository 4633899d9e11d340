with current_build as (

    select identity_version from {{ source('ops', 'current_build') }}

),

trained as (

    select * from {{ source('identity', 'match_weights') }}

),

shipped as (

    select * from {{ ref('match_weights') }}

),

chosen as (

    select
        trained.attribute,
        trained.level,
        trained.m_probability,
        trained.u_probability
    from trained
    inner join current_build on trained.model_version = current_build.identity_version

    union all

    -- The default has no rows in the table of trained models.
    select
        shipped.attribute,
        shipped.level,
        shipped.m_probability,
        shipped.u_probability
    from shipped
    where not exists (
        select 1
        from trained
        inner join current_build on trained.model_version = current_build.identity_version
    )

),

final as (

    select
        attribute,
        level,
        m_probability,
        u_probability,
        ln(m_probability / u_probability) / ln(2) as bits
    from chosen

)

select * from final
