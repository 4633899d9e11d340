{# By hash: for looking up the few records of a night, and never a way to read all of them. #}
{{ config(indexes=[{'columns': ['record_id'], 'type': 'hash'}]) }}

with records as (

    select * from {{ ref('int_customer_records_cleaned') }}

),

barred as (

    select * from {{ ref('int_customer_values_barred') }}

),

frequencies as (

    select * from {{ ref('int_name_frequencies_keyed') }}

),

employees as (

    select distinct
        collected.dealer_code,
        names.last_name_key,
        names.first_name_key,
        coalesce(names.middle_name_key, '') as middle_name_key
    from {{ ref('int_employee_names_collected') }} as collected
    inner join {{ ref('int_customer_names_parsed') }} as names on collected.name_id = names.name_id

),

phones_gathered as (

    select * from {{ ref('int_customer_phones_gathered') }}

),

vehicles_gathered as (

    select
        record_id,
        {{ array_aggregated('vin') }} as vins
    from {{ ref('int_customer_record_vehicles') }}
    where is_usable
    group by record_id

),

final as (

    select
        records.*,
        vehicles_gathered.vins,
        -- A frequent name without a patronymic is many a customer's: of 10,000 a tenth of one bears it by chance.
        employees.dealer_code is not null
        and (
            records.middle_name_key is not null
            or coalesce(last_names.share, 0) * coalesce(first_names.share, 0) < 0.00001
        ) as is_employee,
        case when phones_gathered.is_usable_phone then phones_gathered.phone end as phone,
        phones_gathered.mobile_phones,
        phones_gathered.landline_phones,
        coalesce(phones_gathered.is_usable_phone, false) as is_usable_phone,
        records.email is not null and not records.is_role_email
        and group_barred.value_used is null
        and dealer_barred.value_used is null as is_usable_email,
        records.birth_date is not null and default_dates.value_used is null as is_usable_birth_date,
        records.customer_source_id is not null and common_cards.value_used is null as is_usable_card,
        records.street_key is not null and records.address_numbers is not null as is_usable_address,
        length(records.last_name_key) > 1 and length(records.first_name_key) > 1 as is_usable_name,
        last_names.share as last_name_share,
        first_names.share as first_name_share,
        middle_names.share as middle_name_share
    from records
    left join employees
        on
            records.dealer_code = employees.dealer_code
            and records.last_name_key = employees.last_name_key
            and records.first_name_key = employees.first_name_key
            and coalesce(records.middle_name_key, '') = employees.middle_name_key
    left join phones_gathered on records.record_id = phones_gathered.record_id
    left join vehicles_gathered on records.record_id = vehicles_gathered.record_id
    {{ barred_values('email', 'records.email', 'records.dealer_code') }}
    left join barred as default_dates
        on
            default_dates.attribute = 'birth_date'
            and records.dealer_code = default_dates.dealer_code
            and {{ to_text('records.birth_date') }} = default_dates.value_used
    left join barred as common_cards
        on
            common_cards.attribute = 'card'
            and records.dealer_code = common_cards.dealer_code
            and concat(records.source_system, '|', records.customer_source_id) = common_cards.value_used
    {% for attribute in ['last_name', 'first_name', 'middle_name'] -%}
    left join frequencies as {{ attribute }}s
        on
            {{ attribute }}s.attribute = '{{ attribute }}'
            and records.{{ attribute }}_key = {{ attribute }}s.term
    {% endfor %}

)

select * from final
