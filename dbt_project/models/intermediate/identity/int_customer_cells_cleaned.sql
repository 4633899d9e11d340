{#- Cells of text that may hold nothing but a placeholder; names, phones and e-mails are read elsewhere. -#}
{%- set columns = [
    'full_name', 'last_name', 'company_name', 'address', 'city', 'region', 'postal_code', 'country', 'tax_id',
    'national_id',
] -%}

with records as (

    select * from {{ ref('int_customer_records_read') }}

),

placeholders as (

    select distinct
        attribute,
        word
    from {{ ref('int_placeholder_words') }}

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

filled as (

    select
        records.record_id,
        records.dealer_code,
        {% for column in columns -%}
        case when {{ column }}_placeholders.word is null then trim(records.{{ column }}) end as {{ column }},
        {% endfor -%}
        records.signature_id
    from records
    {% for column in columns -%}
    left join placeholders as {{ column }}_placeholders
        on
            {{ column }}_placeholders.attribute in ('any', '{{ column }}')
            and lower(trim(records.{{ column }})) = {{ column }}_placeholders.word
    {% endfor %}
),

-- In Russia a number whose check digits are wrong is a slip; elsewhere a number is taken as it is.
placed as (

    select
        filled.*,
        coalesce(dealers.phone_region, 'RU') <> 'RU'
        or coalesce(
            {{ regexp_matched("lower(filled.country)", '[a-zа-я]') }}
            and not {{ regexp_matched("lower(filled.country)", '^(ru|rus|russia|рф|россия|российская федерация)$') }},
            false
        ) as is_foreign
    from filled
    left join dealers on filled.dealer_code = dealers.dealer_code

),

final as (

    select
        record_id,
        company_name,
        coalesce(company_name, full_name, last_name) as party_name,
        coalesce(full_name, last_name) as person_cell,
        case when translate(address, ' ,.;-', '') <> '' then address end as address,
        city,
        region,
        -- As a spreadsheet's float: 101000.0
        {{ regexp_replaced('postal_code', '[.]0$') }} as postal_code,
        case when not is_foreign then {{ tax_id_valid(tax_id_digits('tax_id')) }} end as checked_tax_id,
        case when is_foreign then {{ opaque_number('tax_id') }} end as opaque_tax_id,
        lower({{ opaque_number('national_id') }}) as national_id
    from placed

)

select * from final
