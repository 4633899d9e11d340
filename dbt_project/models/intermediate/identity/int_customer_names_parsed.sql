with roles as (

    select * from {{ ref('int_customer_name_words_placed') }}

),

ordered as (

    select
        *,
        row_number() over (partition by name_id, name_role order by ordinal) as role_ordinal,
        case when is_female_patronymic then 'female' else 'male' end as patronymic_gender,
        not is_declined and stem_key <> word_key and {{ regexp_matched('word_key', 'a$') }} as is_feminine_surname,
        case
            when not is_declined then null
            when name_role = 'first' then nominative_first_name
            when name_role = 'middle' then nominative_middle_name
            when is_of_woman or {{ regexp_matched('repaired_word', '(ов|ев|ин|ын|ск|цк)ой$') }}
                then nominative_last_name_female
            else nominative_last_name_male
        end as nominative
    from roles

),

spelt as (

    select
        *,
        coalesce(nominative, repaired_word) as spelling,
        case
            when name_role = 'last' and nominative is not null then {{ name_key(surname_stem('nominative')) }}
            when name_role = 'last' then stem_key
            when nominative is not null then {{ name_key('nominative') }}
            else word_key
        end as spelling_key
    from ordered

),

parsed as (

    select
        name_id,
        {{ words_of_role('last', 'spelling', ' ') }} as last_name,
        {{ words_of_role('first', 'spelling', ' ') }} as first_name,
        {{ words_of_role('middle', 'spelling', ' ') }} as middle_name,
        {{ words_of_role('last', 'spelling_key') }} as last_name_key,
        {{ words_of_role('first', 'spelling_key') }} as first_name_key,
        {{ words_of_role('middle', 'spelling_key') }} as middle_name_key,
        max(name_suffix) as name_suffix,
        max(case when name_role = 'first' and may_be_first_name then 1 else 0 end) = 1 as has_known_first_name,
        max(title_gender) as title_gender,
        max(case when has_second_person then 1 else 0 end) = 1 as has_second_person,
        max(
            case when name_role = 'middle' and (is_patronymic or is_patronymic_particle) then patronymic_gender end
        ) as patronymic_gender,
        max(
            case
                when name_role <> 'first' then null
                when nominative is not null then case when is_of_woman then 'female' else 'male' end
                else first_name_gender
            end
        ) as first_name_gender,
        max(case when name_role = 'last' and is_feminine_surname then 'female' end) as surname_gender
    from spelt
    group by name_id

),

recognised as (

    select
        name_id,
        last_name,
        first_name,
        middle_name,
        last_name_key,
        first_name_key,
        middle_name_key,
        cast(null as {{ text_type() }}) as name_suffix,
        has_known_first_name,
        cast(null as {{ text_type() }}) as title_gender,
        false as has_second_person,
        case when is_patronymic then case when is_female_patronymic then 'female' else 'male' end end
            as patronymic_gender,
        first_name_gender,
        case when last_name_key <> last_word_key and {{ regexp_matched('last_word_key', 'a$') }} then 'female' end
            as surname_gender
    from {{ ref('int_customer_names_recognised') }}

),

unioned as (

    select * from parsed
    union all
    select * from recognised

),

final as (

    select
        name_id,
        {{ capitalised('last_name') }} as last_name,
        {{ capitalised('first_name') }} as first_name,
        {{ capitalised('middle_name') }} as middle_name,
        last_name_key,
        first_name_key,
        middle_name_key,
        name_suffix,
        has_second_person,
        has_known_first_name,
        coalesce(patronymic_gender, title_gender, first_name_gender, surname_gender) as gender
    from unioned

)

select * from final
