with numbered as (

    select * from {{ ref('int_customer_name_words_numbered') }}

),

-- What the whole cell tells of each of its words.
told as (

    select
        name_id,
        max(person_number) as last_person_number,
        max(case when is_dropped then 0 else place end) as last_place,
        sum(case when person_number = 0 and not is_dropped then 1 else 0 end) as first_person_words,
        sum(case when person_number = 1 and not is_dropped then 1 else 0 end) as second_person_words,
        sum(case when person_number + comma_number = 0 and not is_dropped then 1 else 0 end) as words_before_comma,
        sum(case when person_number = 0 and comma_number > 0 and not is_dropped then 1 else 0 end) as words_after_comma,
        max(
            case
                when comma_number > 0 or is_dropped then 0
                when is_initial or is_patronymic then 2
                when may_be_first_name and (not is_like_surname or is_hardly_like_surname) then 1
                else 0
            end
        ) as given_names_before_comma,
        max(case when comma_number = 1 and is_patronymic then 1 else 0 end) = 1 as is_patronymic_after_comma,
        max(case when kind = 'suffix' and place > 1 then word_says end) as name_suffix,
        max(case when kind = 'title' then word_says end) as title_gender,
        max(
            case
                when kind = 'preposition' and place = 1 or nominative_middle_name is not null then 2
                when may_be_first_name and not is_first_name then 1
                else 0
            end
        ) as declined_words,
        max(
            case
                when is_female_patronymic then 1
                when nominative_last_name_female is null then 0
                when {{ regexp_matched('repaired_word', '(ой|ую)$') }} then 1
                else 0
            end
        ) = 1 as is_of_woman
    from numbered
    group by name_id

),

judged as (

    select
        numbered.*,
        told.name_suffix,
        told.title_gender,
        told.is_of_woman,
        told.last_person_number > 0 or (
            told.words_after_comma > 0
            and told.words_before_comma > 1
            and told.given_names_before_comma > case when told.words_after_comma = 1 then 1 else 0 end
            and not (told.is_patronymic_after_comma and least(told.words_before_comma, told.words_after_comma) = 1)
        ) as has_second_person,
        told.declined_words + case when told.first_person_words > 1 then 1 else 0 end >= 2 as is_declined,
        -- John & Mary Smith: the surname of both stands behind the second.
        told.first_person_words = 1
        and told.second_person_words > 1
        and numbered.place = told.last_place as is_shared_surname,
        told.words_before_comma > 0
        and told.words_after_comma > 0
        and not (told.is_patronymic_after_comma and least(told.words_before_comma, told.words_after_comma) = 1)
            as has_comma,
        -- Smith, John; García López, María: the surname comes first. In John Smith, Mary Jones the comma parts two.
        told.words_before_comma = 1
        or told.given_names_before_comma = 0
        or (told.given_names_before_comma = 1 and told.words_after_comma = 1) as is_surname_before_comma
    from numbered
    inner join told on numbered.name_id = told.name_id
    where not numbered.is_dropped and {{ regexp_matched('numbered.repaired_word', '[^0-9,&-]') }}

),

final as (

    select
        *,
        case
            when given_as <> 'full_name' or not has_comma then given_as
            when comma_number = 0 then 'last_name'
            else 'first_name'
        end as placed_as,
        case
            when is_declined and not is_of_woman
                then coalesce(
                    nominative_first_name_male, case when not is_first_name then nominative_first_name_female end
                )
            when is_declined
                then coalesce(
                    nominative_first_name_female, case when not is_first_name then nominative_first_name_male end
                )
        end as nominative_first_name
    from judged
    where
        (person_number = 0 and (comma_number = 0 or is_surname_before_comma or not has_comma))
        or is_shared_surname

)

select * from final
