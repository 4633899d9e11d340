{{ config(unlogged=true, pre_hook="{{ keys_read_in_passing() }}") }}

-- depends_on: {{ ref('int_customer_records_keyed') }}
-- depends_on: {{ ref('int_customer_blocks_gathered') }}
-- depends_on: {{ ref('int_customer_blocks_sized') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{% if matching_goes_on() -%}
with own_keys as (

    {{ keys_of_records(rows_of_run(ref('int_customer_records_keyed'))) }}

),

blocks as (

    select * from {{ ref('int_customer_blocks_gathered') }}
    where not is_too_large

),

-- Whoever changed is proposed with all others of his blocks.
changed_with_others as (

    {% for column, condition in [('record_ids', 'true'), ('dated_record_ids', 'not own_keys.is_left_to_dates')] -%}
    select
        own_keys.block_id,
        own_keys.record_id as one_id,
        {{ elements('blocks.' ~ column) }} as other_id
    from own_keys
    inner join blocks on own_keys.block_id = blocks.block_id
    where {{ condition }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

rematched as (

    select keyed.*
    from {{ ref('int_customer_records_keyed') }} as keyed
    inner join {{ ref('int_customer_records_rematched') }} as rematched on keyed.record_id = rematched.record_id

),

rematched_keys as (

    select keys.*
    from ({{ keys_of_records('rematched') }}) as keys
    left join {{ ref('int_customer_blocks_sized') }} as blocks
        on
            keys.block_id = blocks.block_id
            and blocks.is_too_large
    where blocks.block_id is null

),

proposed as (

    select
        {{ rule_of_block('block_id') }} as rule,
        least(one_id, other_id) as left_id,
        greatest(one_id, other_id) as right_id
    from changed_with_others
    where one_id <> other_id

    union all

    -- Who did not, but is in a block that crossed the cap, with others of whom the same is true.
    select
        {{ rule_of_block('one.block_id') }} as rule,
        one.record_id as left_id,
        other.record_id as right_id
    from rematched_keys as one
    inner join rematched_keys as other
        on
            one.block_id = other.block_id
            and one.record_id < other.record_id
    where not (one.is_left_to_dates and other.is_left_to_dates)

),

-- The sum of the rules that propose the pair.
final as (

    select
        left_id,
        right_id,
        bit_or(rule) as rules
    from proposed
    group by left_id, right_id

)
{%- else -%}
-- A process can bring one half together while another does the other.
with final as (

    {% for remainder in [0, 1] -%}
    select
        left_id,
        right_id,
        bit_or(rule) as rules
    from ({{ pairs_of_half(remainder) }}) as proposed
    group by left_id, right_id

    {{ "union all" if not loop.last }}

    {% endfor -%}
)
{%- endif %}

select * from final
