{{ config(materialized='kept', part='standardising') }}

{#- Endings of Russian first names: what a name ends with, how much of it falls away, and what takes its place. -#}
{%- set endings = [
    ('[бвгджзклмнпрстфхцчшщ]$', 'male', 0, ['а', 'у', 'ом', 'ем', 'е']),
    ('^павел$', 'male', 2, ['ла', 'лу', 'лом', 'ле']),
    ('^лев$', 'male', 2, ['ьва', 'ьву', 'ьвом', 'ьве']),
    ('й$', 'male', 1, ['я', 'ю', 'ем', 'и', 'е']),
    ('ь$', 'male', 1, ['я', 'ю', 'ем', 'е']),
    ('ь$', 'female', 1, ['и', 'ью']),
    ('[бвгджзклмнпрстфхцчшщ]а$', none, 1, ['ы', 'и', 'е', 'у', 'ой', 'ей']),
    ('я$', none, 1, ['и', 'е', 'ю', 'ей', 'ею']),
] -%}

-- depends_on: {{ ref('int_customer_mentions_received') }}

with first_names as (

    select
        name,
        gender,
        people_count
    from {{ ref('first_names') }}
    where
        source = 'russiannames'
        and gender is not null

    union all

    select
        diminutive as name,
        case gender when 'm' then 'male' else 'female' end as gender,
        cast(null as bigint) as people_count
    from {{ ref('diminutives_ru') }}

),

names as (

    select
        replace(lower(name), 'ё', 'е') as name,
        gender,
        max(people_count) as people_count
    from first_names
    group by replace(lower(name), 'ё', 'е'), gender

),

forms as (

    {% for pattern, gender, dropped, replacements in endings -%}
    {% set outer_loop = loop -%}
    {% for replacement in replacements -%}
    select
        concat(left(name, length(name) - {{ dropped }}), '{{ replacement }}') as form,
        name,
        gender,
        people_count
    from names
    where {{ regexp_matched('name', pattern) }}{{ " and gender = '" ~ gender ~ "'" if gender }}

    {{ "union all" if not (loop.last and outer_loop.last) }}

    {% endfor -%}
    {% endfor -%}
),

-- Of two names that share a form the more frequent one is meant: Павла is Павел's more often than Павл's.
ranked as (

    select
        *,
        row_number() over (
            partition by form, gender
            order by people_count desc nulls last, name
        ) as choice
    from forms

),

final as (

    select
        form,
        max(case when gender = 'male' then name end) as male_name,
        max(case when gender = 'female' then name end) as female_name
    from ranked
    -- «ИИ» are initials, not Ия's.
    where choice = 1 and length(form) > 2
    group by form

)

select * from final
