{{ config(materialized='view') }}

with listed as (

    select * from {{ ref('placeholder_words') }}

),

final as (

    -- dbt loads the word null of a seed as no value.
    select
        attribute,
        coalesce(word, 'null') as word,
        means
    from listed

)

select * from final
