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

-- Blocks that propose pairs in this run: records came into them, or left those that were too large until then. Of these
-- it is known how many they had.
final as (

    select
        moved.block_id,
        {{ rule_of_block('moved.block_id') }} as rule
    from moved
    left join before on moved.block_id = before.block_id
    cross join settings
    cross join beliefs
    where
        case
            when before.block_id is null then moved.records_come > 0
            else before.record_count + moved.records_more <= {{ block_cap_of('before.rule') }}
        end

)
{%- else -%}
-- Nobody asks where all blocks are gathered.
with final as (

    select
        cast(0 as bigint) as block_id,
        0 as rule
    from {{ ref('int_match_prior') }}
    where false

)
{%- endif %}

select * from final
