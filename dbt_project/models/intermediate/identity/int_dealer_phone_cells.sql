with dealers as (

    select * from {{ source('ops', 'dealers') }}

),

settings as (

    select max(value) as phone_region from {{ source('ops', 'settings') }}
    where setting = 'default_phone_region'

),

-- What a dealer's YAML calls its own, and what its callers have dialled.
cells as (

    select
        dealers.dealer_code,
        own.phone_cell
    from dealers
    {{ unnested('dealers.own_phones', 'own', 'phone_cell') }}

    union

    select
        dealer_code,
        dealer_number as phone_cell
    from {{ ref('stg_telephony__calls') }}
    where dealer_number is not null

),

final as (

    select
        cells.phone_cell,
        coalesce(dealers.phone_region, settings.phone_region, 'RU') as phone_region
    from cells
    cross join settings
    left join dealers on cells.dealer_code = dealers.dealer_code

)

select * from final
