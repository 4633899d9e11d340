-- depends_on: {{ ref('int_customer_blocks_gathered') }}
-- depends_on: {{ ref('int_customer_blocks_sized') }}
-- depends_on: {{ ref('int_customer_records_changed') }}

-- A block that crossed the cap proposes other pairs, though none of its records changed. Nobody asks where all are new.
with changed as (

    select record_id from {{ ref('int_customer_records_changed') }}

),

{% if matching_goes_on() -%}
crossed as (

    select gathered.*
    from {{ ref('int_customer_blocks_gathered') }} as gathered
    inner join {{ ref('int_customer_blocks_sized') }} as blocks on gathered.block_id = blocks.block_id
    where blocks.is_too_large <> blocks.was_too_large

),

members as (

    select {{ elements('record_ids') }} as record_id from crossed

    union

    select {{ elements('dated_record_ids') }} as record_id from crossed

),

final as (

    select members.record_id
    from members
    left join changed on members.record_id = changed.record_id
    where changed.record_id is null

)
{%- else -%}
final as (

    select record_id from changed
    where false

)
{%- endif %}

select * from final
