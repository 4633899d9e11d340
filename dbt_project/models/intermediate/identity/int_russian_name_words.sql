with first_names as (

    select distinct
        'first_name' as kind,
        replace(lower(name), 'ё', 'е') as word,
        {{ name_key("lower(name)") }} as word_key
    from {{ ref('first_names') }}
    where source = 'russiannames'

),

diminutives as (

    select distinct
        'first_name' as kind,
        replace(lower(diminutive), 'ё', 'е') as word,
        {{ name_key("lower(diminutive)") }} as word_key
    from {{ ref('diminutives_ru') }}

),

middle_names as (

    select distinct
        'middle_name' as kind,
        replace(lower(patronymic), 'ё', 'е') as word,
        {{ name_key("lower(patronymic)") }} as word_key
    from {{ ref('patronymics') }}

),

last_names as (

    select distinct
        'last_name' as kind,
        replace(lower(surname), 'ё', 'е') as word,
        {{ name_key(surname_stem("lower(surname)")) }} as word_key
    from {{ ref('surnames') }}

),

final as (

    select * from first_names

    union

    select * from diminutives

    union

    select * from middle_names

    union

    select * from last_names

)

select * from final
