with words as (

    select
        *,
        row_number() over (partition by name_id order by place) as ordinal,
        count(*) over (partition by name_id) as word_count,
        max(case when is_known_patronymic then 1 else 0 end) over (partition by name_id) = 1 as has_known_patronymic,
        coalesce(lead(is_patronymic) over (partition by name_id order by place), false) as is_followed_by_patronymic,
        lead(case when is_patronymic_particle then placed_as else '' end, 1, '')
            over (partition by name_id order by place)
        = placed_as as is_before_particle,
        max(case when placed_as = 'last_name' then 1 else 0 end) over (partition by name_id) = 1 as has_surname_column,
        min(case when not is_initial then place end) over (partition by name_id) = place as is_first_full_word,
        max(case when place = 1 and may_be_first_name then 1 else 0 end) over (partition by name_id) as given_in_front,
        coalesce(lag(may_be_first_name) over (partition by name_id order by place), false) as is_after_first_name,
        coalesce(lag(is_initial) over (partition by name_id order by place), false) as is_after_initial,
        lag(case when nominative_first_name is null then first_name_gender end)
            over (partition by name_id order by place) as gender_before
    from {{ ref('int_customer_name_words_kept') }}

),

-- A patronymic stands behind a first name of its gender; Абрамович before one, and Мурашкевич behind Анна, are
-- surnames. One that no table knows counts only where there is no other.
described as (

    select
        *,
        (
            is_patronymic and ordinal > 1
            and coalesce(gender_before, '') <> case when is_female_patronymic then 'male' else 'female' end
            and (is_known_patronymic or not has_known_patronymic)
            and (
                placed_as = 'middle_name'
                or (is_after_first_name and (is_known_patronymic or word_count > 2))
                or (is_known_patronymic and word_count > 2 and not is_after_initial)
                -- Токаев Касым-Жомарт Кемелевич: no table knows either.
                or (placed_as = 'full_name' and word_count = 3 and ordinal = 3 and given_in_front = 0)
                or is_sure_patronymic
            )
        )
        -- Гусейн оглы: son of Гусейн.
        or (ordinal > 1 and (is_patronymic_particle or is_before_particle))
        -- J. in the middle name's column is no first name, though there be none.
        or (is_initial and placed_as = 'middle_name') as is_middle,
        kind = 'particle' and ordinal < word_count and placed_as in ('full_name', 'last_name') as is_particle,
        max(case when ordinal = word_count and (is_first_name or is_patronymic or is_initial) then 1 else 0 end)
            over (partition by name_id) as given_names_at_end,
        -- Nguyen Van An, Kim Min-jun: the family's name first, where nothing else looks like one's own.
        max(
            case
                when is_cyrillic or placed_as <> 'full_name' or word_count not between 2 and 3 then 9
                when ordinal > 1 and (is_initial or (is_first_name and length(repaired_word) > 4)) then 9
                when ordinal > 1 then case when repaired_word like '%-%' then 1 else 0 end
                when kind <> 'family_first' then 9
                when is_first_name then 0
                else 1
            end
        ) over (partition by name_id) as family_order,
        max(case when ordinal = 1 then word_says end) over (partition by name_id) as family_says
    from words

),

scored as (

    select
        *,
        family_order = 1 as is_family_first,
        {{ first_name_score() }} as first_name_score,
        -- Garcia Lopez: the first of two surnames.
        ordinal > 1 and ordinal = word_count - 1 and not is_first_name
        and (kind = 'two_surnames' or {{ regexp_matched('word_key', '...ez$') }}) as is_first_of_two_surnames
    from described

),

-- Of two words that may be patronymics one is: the first behind a first name, else the last.
ranked as (

    select
        *,
        row_number() over (partition by name_id, is_middle order by first_name_score desc, ordinal) as first_name_rank,
        count(*) over (partition by name_id, is_middle) as word_count_beside,
        is_middle and is_patronymic and row_number() over (
            partition by name_id, is_middle, is_patronymic
            order by
                case when placed_as = 'middle_name' then 0 when is_after_first_name then ordinal else 99 - ordinal end
        ) > 1 as is_second_patronymic,
        is_middle and row_number() over (
            partition by name_id, is_middle, word_key
            order by case when placed_as = 'middle_name' then 0 else ordinal end
        ) > 1 as is_repeated,
        min(case when ordinal > 1 and (is_particle or is_first_of_two_surnames) then ordinal else word_count end)
            over (partition by name_id) as surname_ordinal
    from scored

),

final as (

    select
        *,
        {{ name_role() }} as name_role
    from (
        select
            *,
            max(case when first_name_rank = 1 and not is_middle then ordinal end) over (partition by name_id)
                as first_name_ordinal,
            max(case when first_name_rank = 1 and not is_middle then placed_as end) over (partition by name_id)
                as first_name_placed_as,
            sum(case when first_name_rank = 1 and not is_middle and (is_first_full_word or ordinal = 1) then 1 end)
                over (partition by name_id)
            = 1 as is_first_name_in_front
        from ranked
    ) as ranked_words

)

select * from final
