{{ config(materialized='kept', part='standardising') }}

-- depends_on: {{ ref('int_customer_mentions_received') }}

with listed as (

    select 'first_name' as kind, lower(name) as word from {{ ref('first_names') }}
    where source = 'russiannames'

    union all

    select 'first_name' as kind, lower(diminutive) as word from {{ ref('diminutives_ru') }}

    union all

    select 'middle_name' as kind, lower(patronymic) as word from {{ ref('patronymics') }}

    union all

    select 'last_name' as kind, lower(surname) as word from {{ ref('surnames') }}

),

final as (

    select distinct
        kind,
        replace(word, 'ё', 'е') as word,
        case
            when kind = 'last_name' then {{ name_key(surname_stem("word")) }}
            else {{ name_key("word") }}
        end as word_key
    from listed

)

select * from final
