with roles as (

    select * from {{ ref('int_customer_name_words_placed') }}

),

ordered as (

    select
        *,
        row_number() over (partition by name_id, name_role order by ordinal) as role_ordinal,
        case when is_female_patronymic then 'female' else 'male' end as patronymic_gender,
        stem_key <> word_key and {{ regexp_matched('word_key', 'a$') }} as is_feminine_surname
    from roles

),

parsed as (

    select
        name_id,
        {{ words_of_role('last', 'repaired_word', ' ') }} as last_name,
        max(case when name_role = 'first' then repaired_word end) as first_name,
        {{ words_of_role('middle', 'repaired_word', ' ') }} as middle_name,
        {{ words_of_role('last', 'stem_key') }} as last_name_key,
        max(case when name_role = 'first' then word_key end) as first_name_key,
        {{ words_of_role('middle', 'word_key') }} as middle_name_key,
        max(
            case when name_role = 'middle' and (is_patronymic or is_patronymic_particle) then patronymic_gender end
        ) as patronymic_gender,
        max(case when name_role = 'first' then first_name_gender end) as first_name_gender,
        max(case when name_role = 'last' and is_feminine_surname then 'female' end) as surname_gender
    from ordered
    group by name_id

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
        coalesce(patronymic_gender, first_name_gender, surname_gender) as gender
    from parsed

)

select * from final
