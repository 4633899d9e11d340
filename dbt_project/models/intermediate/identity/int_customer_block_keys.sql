{#- What proposes a pair: records that share one of these keys. `rule_bit` is the rule's place in a sum of rules. -#}
{%- set rules = {
    'email': "case when is_usable_email then email end",
    'tax_id': "tax_id",
    'national_id': "national_id",
    'birth_date_surname': "case when is_usable_birth_date then concat_ws('|', birth_date, left(last_name_key, 3)) end",
    'birth_date_first_name': "case when is_usable_birth_date then concat_ws('|', birth_date, left(first_name_key, 3)) end",
    'names': "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key)) end",
    'names_patronymic': "case when is_usable_name then last_name_key || '|' || first_name_key || '|' || middle_name_key end",
    'names_city': "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key), city_key) end",
    'address': "case when is_usable_address then concat_ws('|', street_key, address_numbers, city_key) end",
    'surname_phone_part': "last_name_key || '|' || left(phone, 7)",
    'company': "company_key",
} -%}

with records as (

    select * from {{ ref('int_customer_records_standardized') }}

),

vehicles as (

    select * from {{ ref('int_customer_record_vehicles') }}
    where is_usable

),

keys as (

    {% for rule, expression in rules.items() -%}
    select
        record_id,
        customer_type,
        '{{ rule }}' as rule,
        {{ expression }} as block_key
    from records

    union all

    {% endfor -%}
    select
        records.record_id,
        records.customer_type,
        'phone' as rule,
        phones.phone_e164 as block_key
    from records
    {{ unnested('records.mobile_phones', 'phones', 'phone_e164') }}

    union all

    select
        records.record_id,
        records.customer_type,
        'phone' as rule,
        phones.phone_e164 as block_key
    from records
    {{ unnested('records.landline_phones', 'phones', 'phone_e164') }}

    union all

    select
        records.record_id,
        records.customer_type,
        'vin' as rule,
        vehicles.vin as block_key
    from vehicles
    inner join records on vehicles.record_id = records.record_id

),

final as (

    select distinct
        record_id,
        rule,
        -- A person is never compared with a company.
        {{ hashed_64("concat(rule, '|', customer_type, '|', block_key)") }} as block_id
    from keys
    where block_key is not null

)

select * from final
