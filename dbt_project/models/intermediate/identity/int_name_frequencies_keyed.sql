{{ config(materialized='kept', part='standardising') }}

-- depends_on: {{ ref('int_customer_mentions_received') }}

with surnames as (

    select
        {{ name_key(surname_stem('surname')) }} as term,
        sum(people_count) as people_count
    from {{ ref('surnames') }}
    group by {{ name_key(surname_stem('surname')) }}

),

first_names as (

    select
        name_key as term,
        people_count
    from {{ ref('int_first_names_keyed') }}
    where people_count is not null

),

patronymics as (

    select
        {{ name_key('patronymic') }} as term,
        sum(people_count) as people_count
    from {{ ref('patronymics') }}
    group by {{ name_key('patronymic') }}

),

counted as (

    select
        'last_name' as attribute,
        term,
        people_count
    from surnames

    union all

    select
        'first_name' as attribute,
        term,
        people_count
    from first_names

    union all

    select
        'middle_name' as attribute,
        term,
        people_count
    from patronymics

),

shipped as (

    select
        attribute,
        term,
        {{ to_double('people_count') }} / sum(people_count) over (partition by attribute) as share
    from counted

),

current_build as (

    select identity_version from {{ source('ops', 'current_build') }}

),

-- A trained version counts the names of its own group, whatever country that is in.
trained as (

    select
        frequencies.attribute,
        frequencies.term,
        frequencies.share
    from {{ source('identity', 'match_term_frequencies') }} as frequencies
    inner join current_build on frequencies.model_version = current_build.identity_version

),

final as (

    select
        attribute,
        term,
        share
    from trained

    union all

    select
        attribute,
        term,
        share
    from shipped
    where not exists (select 1 from trained)

)

select * from final
