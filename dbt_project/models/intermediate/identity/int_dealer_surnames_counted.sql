{%- set columns = ['dealer_code', 'last_name_key'] | join(', ') -%}

with {% if standardising_goes_on() -%}
-- Of the records that came and went.
bearers as (

    select
        {{ columns }},
        record_count
    from {{ this }}

    union all

    select
        {{ columns }},
        1 as record_count
    from {{ rows_of_run(ref('int_customer_records_cleaned'), 'standardising') }}
    where last_name_key is not null

    union all

    select
        {{ columns }},
        -1 as record_count
    from {{ rows_gone(ref('int_customer_records_cleaned')) }}
    where last_name_key is not null

),
{%- else -%}
bearers as (

    select
        {{ columns }},
        1 as record_count
    from {{ ref('int_customer_records_cleaned') }}
    where last_name_key is not null

),
{%- endif %}

final as (

    select
        {{ columns }},
        sum(record_count) as record_count
    from bearers
    group by {{ columns }}
    having sum(record_count) > 0

)

select * from final
