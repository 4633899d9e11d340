-- depends_on: {{ ref('int_customer_records_keyed') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{% if matching_goes_on() -%}
with settings as (

    {{ match_settings_in_one_row() }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

before as (

    select * from {{ this.incorporate(path={'identifier': 'int_customer_blocks_sized'}) }}
    where is_too_large

),

moved as (

    {{ blocks_moved() }}

),

-- A block proposes pairs in this run where records came into it, or left one that was too large until then. Of these it
-- is known how many they had.
final as (

    select
        moved.block_id,
        {{ rule_of_block('moved.block_id') }} as rule,
        moved.records_more,
        case
            when before.block_id is null then moved.records_come > 0
            else before.record_count + moved.records_more <= {{ block_cap_of('before.rule') }}
        end as is_met
    from moved
    left join before on moved.block_id = before.block_id
    cross join settings
    cross join beliefs

)
{%- else -%}
-- Nobody asks where all blocks are gathered.
with final as (

    select
        cast(0 as bigint) as block_id,
        0 as rule,
        cast(0 as bigint) as records_more,
        false as is_met
    from {{ ref('int_match_prior') }}
    where false

)
{%- endif %}

select * from final
