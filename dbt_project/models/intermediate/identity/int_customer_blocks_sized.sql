-- depends_on: {{ ref('int_customer_blocks_met') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{% if matching_goes_on() -%}
with settings as (

    {{ match_settings_in_one_row() }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

moved as (

    select * from {{ ref('int_customer_blocks_met') }}

),

-- Of a block that was too large, it is known how many it had.
known as (

    select
        before.block_id,
        before.rule,
        cast(before.record_count + coalesce(moved.records_more, 0) as bigint) as record_count
    from {{ this }} as before
    left join moved on before.block_id = moved.block_id
    where before.is_too_large

),

final as (

    select
        known.block_id,
        known.rule,
        known.record_count,
        known.record_count > {{ block_cap_of('known.rule') }} as is_too_large,
        true as was_too_large
    from known
    cross join settings
    cross join beliefs

    union all

    -- One that still is was not gathered.
    select
        block_id,
        rule,
        record_count,
        true as is_too_large,
        false as was_too_large
    from {{ ref('int_customer_blocks_gathered') }}
    where is_too_large

)
{%- else -%}
with final as (

    select
        block_id,
        rule,
        record_count,
        true as is_too_large,
        true as was_too_large
    from {{ ref('int_customer_blocks_gathered') }}
    where is_too_large

)
{%- endif %}

select * from final
