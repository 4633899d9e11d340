{{ config(
    materialized='kept',
    part='standardising',
    redone={'int_customer_records_arrived': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    indexes=[{'columns': ['record_id']}, {'columns': ['value_id']}],
    pre_hook="{{ records_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_arrived') }}
{%- set columns = ['dealer_code', 'last_name_key', 'first_name_key', 'birth_date'] %}

with records as (

    select
        {% for column in columns + ['record_id', 'email', 'card', 'tax_id', 'national_id'] -%}
        {{ column }},
        {% endfor -%}
        company_key,
        is_company_by_name,
        customer_type = 'person' and coalesce(last_name_key, first_name_key) is null as is_nameless
    from {{ rows_of_run(ref('int_customer_records_cleaned'), 'standardising') }}

),

phones as (

    select
        record_id,
        phone_e164
    from {{ rows_of_run(ref('int_customer_record_phones'), 'standardising') }}

),

values_used as (

    select
        'phone' as attribute,
        phones.phone_e164 as value_used,
        cast(null as {{ text_type() }}) as contact_value,
        {% for column in columns -%}
        records.{{ column }},
        {% endfor -%}
        records.record_id
    from records
    inner join phones on records.record_id = phones.record_id

    union all

    select
        'email' as attribute,
        email as value_used,
        cast(null as {{ text_type() }}) as contact_value,
        {{ columns | join(', ') }},
        record_id
    from records
    where email is not null

    union all

    -- How those who do not tell their names can be reached: on one person's card, in a few ways.
    select
        'card' as attribute,
        records.card as value_used,
        case when records.is_nameless then coalesce(phones.phone_e164, records.email) end as contact_value,
        {% for column in columns -%}
        records.{{ column }},
        {% endfor -%}
        records.record_id
    from records
    left join phones on records.record_id = phones.record_id
    where records.card is not null

    union all

    select
        'birth_date' as attribute,
        {{ to_text('birth_date') }} as value_used,
        cast(null as {{ text_type() }}) as contact_value,
        {{ columns | join(', ') }},
        record_id
    from records
    where birth_date is not null

    -- A lessor's number told of each driver, and one that had to be typed. Who is a company by the number alone has its
    -- name as a surname; a company that is named is told by its number, in however many spellings.
    {% for attribute in ['tax_id', 'national_id'] -%}
    union all

    select
        '{{ attribute }}' as attribute,
        {{ attribute }} as value_used,
        cast(null as {{ text_type() }}) as contact_value,
        dealer_code,
        coalesce(company_key, last_name_key) as last_name_key,
        first_name_key,
        birth_date,
        record_id
    from records
    where
        {{ attribute }} is not null
        and not is_company_by_name

    {% endfor -%}
),

final as (

    select
        *,
        {{ hashed_64('value_used') }} as value_id
    from values_used

)

select * from final
