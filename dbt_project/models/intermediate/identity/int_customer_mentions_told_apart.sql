-- depends_on: {{ ref('int_customer_mentions_received') }}

with told_apart as (

    select left_record as record_key from {{ source('ops', 'decisions') }}
    where decision = 'no_link'

    union

    select right_record as record_key from {{ source('ops', 'decisions') }}
    where decision = 'no_link'

),

{% if standardising_goes_on() -%}
told_apart_before as (

    select record_key from {{ this }}
    where is_told_apart

),

final as (

    select
        coalesce(told_apart.record_key, told_apart_before.record_key) as record_key,
        told_apart.record_key is not null as is_told_apart,
        told_apart_before.record_key is not null as was_told_apart
    from told_apart
    full outer join told_apart_before on told_apart.record_key = told_apart_before.record_key

)
{%- else -%}
final as (

    select
        record_key,
        true as is_told_apart,
        true as was_told_apart
    from told_apart

)
{%- endif %}

select * from final
