{%- set name_columns = [
    'last_name', 'first_name', 'middle_name', 'last_name_key', 'first_name_key', 'middle_name_key',
] -%}

with records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

names as (

    select * from {{ ref('int_customer_names_parsed') }}

),

tests as (

    select distinct split.name_id
    from {{ ref('int_customer_names_split') }} as split
    inner join {{ ref('int_customer_name_words_standardized') }} as words on split.word = words.word
    where words.placeholder_means = 'test'

),

placeholders as (

    select * from {{ ref('placeholder_words') }}

),

current_build as (

    select * from {{ source('ops', 'current_build') }}

),

texts as (

    select
        *,
        {{ name_id() }} as name_id,
        coalesce(company_name, full_name, last_name) as party_name,
        {{ email_normalised('email') }} as clean_email,
        {{ tax_id_valid(regexp_replaced('tax_id', '[^0-9]')) }} as clean_tax_id,
        nullif({{ regexp_replaced('lower(national_id)', '[^0-9a-zа-я]') }}, '') as clean_national_id
    from records

),

-- A company's record carries its name with a legal form or in quotes, or a company's tax number.
recognised as (

    select
        *,
        coalesce(company_name is not null and (
            {{ is_company_name('company_name') }}
            or coalesce(full_name, last_name, first_name, company_name) = company_name
        ), false)
        or coalesce({{ is_company_name('coalesce(full_name, last_name)') }}, false)
        or coalesce(length(clean_tax_id) = 10, false) as is_organisation
    from texts

),

final as (

    select
        recognised.record_id,
        recognised.signature_id,
        recognised.record_key,
        recognised.dealer_code,
        recognised.source_system,
        recognised.entity,
        recognised.customer_source_id,
        recognised.mention_count,
        recognised.last_seen_at,
        {{ half_year('recognised.first_seen_at') }} as first_seen_half_year,
        {{ half_year('recognised.last_seen_at') }} as last_seen_half_year,
        case when recognised.is_organisation then 'organisation' else 'person' end as customer_type,
        {% for column in name_columns -%}
        case when not recognised.is_organisation then names.{{ column }} end as {{ column }},
        {% endfor -%}
        case when not recognised.is_organisation then coalesce(recognised.gender, names.gender) end as gender,
        case when recognised.is_organisation then recognised.party_name end as company_name,
        case when recognised.is_organisation then {{ company_key('recognised.party_name') }} end as company_key,
        case
            when
                birth_dates.word is null
                and not recognised.is_organisation
                and recognised.birth_date <= current_build.as_of_date
                then recognised.birth_date
        end as birth_date,
        case when coalesce(mailboxes.means, '') <> 'nothing' then recognised.clean_email end as email,
        coalesce(mailboxes.means, '') = 'role' as is_role_email,
        recognised.address,
        recognised.city,
        recognised.region,
        recognised.postal_code,
        {{ address_street_key('recognised.address', 'recognised.city') }} as street_key,
        {{ address_numbers('recognised.address', 'recognised.city') }} as address_numbers,
        {{ name_key('lower(recognised.city)') }} as city_key,
        recognised.clean_tax_id as tax_id,
        recognised.clean_national_id as national_id,
        tests.name_id is not null or coalesce(mailboxes.means, '') = 'test' as is_test
    from recognised
    cross join current_build
    left join names on recognised.name_id = names.name_id
    left join tests on recognised.name_id = tests.name_id
    left join placeholders as birth_dates
        on
            birth_dates.attribute = 'birth_date'
            and {{ to_text('recognised.birth_date') }} = birth_dates.word
    left join placeholders as mailboxes
        on
            mailboxes.attribute = 'email_local_part'
            and {{ email_local_part('recognised.clean_email') }} = mailboxes.word

)

select * from final
