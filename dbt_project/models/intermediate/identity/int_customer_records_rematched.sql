-- depends_on: {{ ref('int_customer_blocks_sized') }}
-- depends_on: {{ ref('int_customer_block_keys') }}

-- A block that crossed the cap proposes other pairs, though none of its records changed. Nobody asks where all are new.
with final as (

    {% if matching_goes_on() -%}
    select record_id from {{ ref('int_customer_records_changed') }}

    union

    select block_keys.record_id
    from {{ ref('int_customer_blocks_sized') }} as blocks
    inner join {{ ref('int_customer_block_keys') }} as block_keys on blocks.block_id = block_keys.block_id
    where blocks.is_too_large <> blocks.was_too_large
    {%- else -%}
    select record_id from {{ ref('int_customer_records_changed') }}
    where false
    {%- endif %}

)

select * from final
