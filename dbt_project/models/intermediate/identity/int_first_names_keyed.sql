{{ config(materialized='kept', part='standardising') }}

-- depends_on: {{ ref('int_customer_mentions_received') }}

with names as (

    select * from {{ ref('first_names') }}

),

diminutives as (

    select * from {{ ref('diminutives_ru') }}

),

spelt as (

    select
        name,
        gender,
        people_count,
        source = 'russiannames' as is_russian,
        false as is_diminutive
    from names

    union all

    select
        diminutive as name,
        case gender when 'm' then 'male' when 'f' then 'female' end as gender,
        null as people_count,
        true as is_russian,
        true as is_diminutive
    from diminutives

),

keyed as (

    select
        {{ name_key("lower(name)") }} as name_key,
        gender,
        people_count,
        is_russian,
        is_diminutive
    from spelt

),

final as (

    select
        name_key,
        -- Саша and Женя are of both genders: such a name says nothing of it.
        case when count(distinct gender) = 1 then max(gender) end as gender,
        max(case when is_russian then 1 else 0 end) = 1 as is_russian,
        max(case when is_diminutive then 1 else 0 end) = 1 as is_diminutive,
        sum(people_count) as people_count
    from keyed
    where length(name_key) > 1
    group by name_key

)

select * from final
