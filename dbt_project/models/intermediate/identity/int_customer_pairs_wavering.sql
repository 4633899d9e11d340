{{ config(materialized='view') }}

with pairs as (

    select * from {{ ref('int_customer_pairs_scored') }}

),

-- Few pairs hang on what was: no longer sure enough to be linked, and too sure to be parted. What the version takes for
-- namesakes of one house was never right, however long it held.
final as (

    select
        left_id,
        right_id
    from pairs
    where
        match_probability >= {{ setting_chosen('keep_probability') }}
        and match_probability < accepted_from
        and (accepted_from <= 1 or is_name_alone)

)

select * from final
