{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['left_id', 'right_id']},
    redone_together={'int_customer_records_rematched': ['left_id', 'right_id']},
    unlogged=true,
    pre_hook="{{ pairs_left_unsorted() }}",
) }}

-- depends_on: {{ ref('int_customer_records_rematched') }}
{#- All of them are read in passing, the few of a night are looked up by hash. -#}
{%- set looked_up, read_whole = ref('int_customer_records_standardized'), ref('int_customer_records_unioned') -%}
{%- set records = looked_up if matching_goes_on() else read_whole %}

with settings as (

    {{ match_settings_in_one_row() }}

),

-- Few pairs hang on what was: no longer sure enough to be linked, and too sure to be parted. What the version takes for
-- namesakes of one house was never right, however long it held.
wavering as (

    select
        pairs.left_id,
        pairs.right_id
    from {{ rows_of_run(ref('int_customer_pairs_scored')) }} as pairs
    cross join settings
    where
        pairs.match_probability >= settings.keep_probability
        and pairs.match_probability < pairs.accepted_from
        and (pairs.accepted_from <= 1 or pairs.is_name_alone)

),

final as (

    select
        wavering.left_id,
        wavering.right_id,
        least(left_records.signature_id, right_records.signature_id) as first_signature_id,
        greatest(left_records.signature_id, right_records.signature_id) as second_signature_id
    from wavering
    inner join {{ records }} as left_records on wavering.left_id = left_records.record_id
    inner join {{ records }} as right_records on wavering.right_id = right_records.record_id

)

select * from final
