{{ config(pre_hook="{{ blocks_read_in_order() }}") }}

-- A run that goes on from another meets its few blocks in the keys themselves.
with settings as (

    {{ match_settings_in_one_row() }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

-- Two halves, each of which a process can read in order while another reads the other.
{% for half, its_blocks in [('lower_half', 'block_id < 0'), ('upper_half', 'block_id >= 0')] -%}
{{ half }} as (

    select
        block_id,
        min(rule) as rule,
        count(*) as record_count,
        {{ array_aggregated('case when not is_left_to_dates then record_id end', is_sorted=false) }} as record_ids,
        {{ array_aggregated('case when is_left_to_dates then record_id end', is_sorted=false) }} as dated_record_ids
    from {{ ref('int_customer_block_keys') }}
    where {{ "false" if matching_goes_on() else its_blocks }}
    group by block_id
    having count(*) > 1

),

{% endfor -%}
shared as (

    select * from lower_half

    union all

    select * from upper_half

),

final as (

    select
        shared.block_id,
        shared.rule,
        shared.record_count,
        shared.record_count > {{ block_cap_of('shared.rule') }} as is_too_large,
        shared.record_ids,
        shared.dated_record_ids
    from shared
    cross join settings
    cross join beliefs

)

select * from final
