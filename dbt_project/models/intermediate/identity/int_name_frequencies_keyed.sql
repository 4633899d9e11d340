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

final as (

    select
        attribute,
        term,
        cast(people_count as double precision) / sum(people_count) over (partition by attribute) as share
    from counted

)

select * from final
