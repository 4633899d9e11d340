{# By hash: for looking up the few records of a night, and never a way to read all of them. #}
{{ config(
    materialized='kept',
    part='standardising',
    redone={'int_customer_records_restandardized': ['record_id']},
    indexes=[{'columns': ['record_id'], 'type': 'hash'}],
    pre_hook="{{ records_looked_up() }}",
    post_hook="{{ part_completed('standardising') }}",
) }}

{%- set cleaned_columns = [
    'customer_source_id', 'customer_type', 'last_name', 'first_name', 'middle_name', 'last_name_key', 'first_name_key',
    'middle_name_key', 'name_suffix', 'has_second_person', 'gender', 'company_name', 'company_key', 'email',
    'email_near_key', 'is_role_email', 'address', 'city', 'region', 'postal_code', 'street_key', 'address_numbers',
    'city_key', 'is_tax_id_checked', 'is_latin_name', 'is_test',
] -%}
-- depends_on: {{ ref('int_customer_records_restandardized') }}
-- Tables that are read more than once are named each time: else they are put by whole, in one process.
with records as (

    select
        unioned.record_id,
        unioned.signature_id,
        unioned.dealer_code,
        unioned.source_system,
        {{ half_year('unioned.first_seen_at') }} as first_seen_half_year,
        {{ half_year('unioned.last_seen_at') }} as last_seen_half_year,
        {% for column in cleaned_columns -%}
        cleaned.{{ column }},
        {% endfor -%}
        {{ number_unless_ruled_out('tax_id') }},
        {{ number_unless_ruled_out('national_id') }},
        -- A birth date in the future is none, until its day comes.
        case when cleaned.birth_date <= current_build.as_of_date then cleaned.birth_date end as birth_date
    from {{ ref('int_customer_records_retold') }} as unioned
    inner join {{ ref('int_customer_records_cleaned') }} as cleaned on unioned.record_id = cleaned.record_id
    cross join {{ source('ops', 'current_build') }} as current_build
    {{ ruled_out_joined('tax_id', 'cleaned.tax_id', record='unioned') }}
    {{ ruled_out_joined('national_id', 'cleaned.national_id', record='unioned') }}
),

vehicles_gathered as (

    select
        held.record_id,
        {{ array_aggregated('held.vin') }} as vins
    from {{ ref('int_customer_record_vehicles') }} as held
    {% if standardising_goes_on() -%}
    inner join {{ ref('int_customer_records_restandardized') }} as redone on held.record_id = redone.record_id
    {% endif -%}
    where held.is_usable
    group by held.record_id

),

compared as (

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
        records.email is not null and not records.is_role_email and email_out.value_used is null as is_usable_email,
        records.birth_date is not null and birth_date_out.value_used is null as is_usable_birth_date,
        -- What may be a slip, or stand in an old book, is compared; nobody is told that he is 150 years old.
        {{ is_plausible_birth_date('records.birth_date') }} as is_plausible_birth_date,
        records.customer_source_id is not null and card_out.value_used is null as is_usable_card,
        records.street_key is not null and records.address_numbers is not null as is_usable_address,
        length(records.last_name_key) > 1 and length(records.first_name_key) > 1 as is_usable_name,
        last_names.share as last_name_share,
        first_names.share as first_name_share,
        middle_names.share as middle_name_share
    from records
    cross join {{ source('ops', 'current_build') }} as current_build
    left join {{ ref('int_employee_names_parsed') }} as employees
        on
            records.dealer_code = employees.dealer_code
            and records.last_name_key = employees.last_name_key
            and records.first_name_key = employees.first_name_key
            and coalesce(records.middle_name_key, '') = employees.middle_name_key
            and employees.is_employee
    left join {{ ref('int_customer_phones_gathered') }} as phones_gathered
        on records.record_id = phones_gathered.record_id
    left join vehicles_gathered on records.record_id = vehicles_gathered.record_id
    {{ ruled_out_joined('email', 'records.email') }}
    {{ ruled_out_joined('birth_date', to_text('records.birth_date')) }}
    {{ ruled_out_joined('card', "concat(records.source_system, '|', records.customer_source_id)") }}
    {% for attribute in ['last_name', 'first_name', 'middle_name'] -%}
    left join {{ ref('int_name_frequencies_keyed') }} as {{ attribute }}s
        on
            {{ attribute }}s.attribute = '{{ attribute }}'
            and records.{{ attribute }}_key = {{ attribute }}s.term
    {% endfor %}

),

-- By its fingerprint matching sees whether anything has changed that is compared.
final as (

    select
        compared.*,
        {{ row_fingerprint('compared') }} as fingerprint,
        unioned.record_key,
        unioned.entity,
        unioned.mention_count,
        unioned.last_seen_at
    from compared
    inner join {{ ref('int_customer_records_retold') }} as unioned on compared.record_id = unioned.record_id

)

select * from final
