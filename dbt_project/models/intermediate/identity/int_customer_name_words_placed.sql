with words as (

    select
        split.name_id,
        split.position,
        split.given_as,
        words.*
    from {{ ref('int_customer_names_split') }} as split
    inner join {{ ref('int_customer_name_words_standardized') }} as words on split.word = words.word

),

neighbours as (

    select
        *,
        row_number() over (partition by name_id order by position) as ordinal,
        count(*) over (partition by name_id) as word_count,
        max(case when is_known_patronymic then 1 else 0 end) over (partition by name_id) = 1 as has_known_patronymic,
        lead(is_patronymic) over (partition by name_id order by position) as is_before_patronymic,
        lead(is_patronymic_particle) over (partition by name_id order by position) as is_before_particle,
        coalesce(lag(is_first_name) over (partition by name_id order by position), false) as is_after_first_name,
        coalesce(lag(is_initial) over (partition by name_id order by position), false) as is_after_initial,
        coalesce(lag(first_name_gender) over (partition by name_id order by position), '') as gender_before
    from words
    where
        placeholder_means is null
        and {{ regexp_matched('repaired_word', '[a-zа-я]') }}

),

-- A patronymic stands behind a first name of its gender; Абрамович before one, and Мурашкевич behind Анна, are
-- surnames. One that no table knows counts only where there is no other.
scored as (

    select
        *,
        (
            is_patronymic
            and ordinal > 1
            and gender_before <> case when is_female_patronymic then 'male' else 'female' end
            and (is_known_patronymic or not has_known_patronymic)
            and (
                given_as = 'middle_name'
                or (is_known_patronymic and is_after_first_name)
                or (is_known_patronymic and word_count > 2 and not is_after_initial)
                or (word_count > 2 and is_after_first_name)
            )
        )
        -- Гусейн оглы: son of Гусейн.
        or is_patronymic_particle
        or (coalesce(is_before_particle, false) and ordinal > 1) as is_middle,
        case when is_frequent_first_name then 3 when is_first_name then 2 else 0 end
        + case when is_before_patronymic and not is_patronymic and given_as = 'full_name' then 4 else 0 end
        + case given_as when 'first_name' then 2 when 'last_name' then -2 when 'middle_name' then -1 else 0 end
        - case when is_like_surname and not is_first_name then 2 else 0 end
        + case when is_initial then 1 else 0 end
        -- With nothing else to go by: Russian cells begin with the surname, others end with it.
        + case
            when given_as = 'full_name' and is_cyrillic and ordinal = 2 and not is_initial then 0.5
            when given_as = 'full_name' and not is_cyrillic and ordinal = 1 then 0.5
            else 0
        end as first_name_score
    from neighbours

),

ranked as (

    select
        *,
        row_number() over (
            partition by name_id, is_middle
            order by first_name_score desc, ordinal
        ) as first_name_rank
    from scored

),

-- Of two words that may be patronymics one is: the one behind the first name, else the last.
single_middles as (

    select
        *,
        row_number() over (
            partition by name_id, is_middle, is_patronymic
            order by case when is_after_first_name then 0 else 1 end, ordinal desc
        ) > 1 and is_middle and is_patronymic as is_second_patronymic
    from ranked

),

final as (

    select
        *,
        case
            when is_middle and not is_second_patronymic then 'middle'
            when is_second_patronymic then 'last'
            when first_name_rank = 1 and (word_count > 1 or first_name_score >= 2) then 'first'
            when is_initial or given_as = 'middle_name' then 'middle'
            when
                first_name_rank = 2
                and word_count > 2
                and is_first_name
                and not is_like_surname
                and given_as = 'full_name'
                and not is_cyrillic then 'middle'
            else 'last'
        end as name_role
    from single_middles

)

select * from final
