{{ config(materialized='kept', part='standardising') }}

-- depends_on: {{ ref('int_customer_mentions_received') }}

with diminutives as (

    select
        {{ name_key("diminutive") }} as short_form,
        {{ name_key("full_name") }} as full_form
    from {{ ref('diminutives_ru') }}

),

nicknames as (

    select
        {{ name_key("lower(name2)") }} as short_form,
        {{ name_key("lower(name1)") }} as full_form
    from {{ ref('nicknames_en') }}

),

short_forms as (

    select * from diminutives

    union all

    select * from nicknames

),

-- Every name is a full form of itself.
full_forms as (

    select
        short_form as name_key,
        full_form
    from short_forms

    union all

    select
        full_form as name_key,
        full_form
    from short_forms

),

final as (

    select distinct
        left_names.name_key as left_key,
        right_names.name_key as right_key
    from full_forms as left_names
    inner join full_forms as right_names on left_names.full_form = right_names.full_form
    where left_names.name_key <> right_names.name_key

)

select * from final
