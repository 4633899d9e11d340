with words as (

    select
        split.name_id,
        split.position,
        split.given_as,
        words.*,
        coalesce(words.word_kind, '') as kind,
        words.is_first_name or coalesce(
            words.nominative_first_name_male, words.nominative_first_name_female
        ) is not null as may_be_first_name
    from {{ ref('int_customer_names_split') }} as split
    inner join {{ ref('int_customer_name_words_standardized') }} as words on split.word = words.word
    where words.placeholder_means is null

),

neighbours as (

    select
        *,
        row_number() over (partition by name_id order by position) as place,
        lead(repaired_word) over (partition by name_id order by position) as word_after,
        lag(repaired_word) over (partition by name_id order by position) as word_before,
        lead(repaired_word, 2) over (partition by name_id order by position) is not null as is_before_two_words,
        coalesce(lead(is_patronymic) over (partition by name_id order by position), false) as is_before_patronymic,
        coalesce(lead(may_be_first_name) over (partition by name_id order by position), false) as is_before_first_name,
        coalesce(lead(is_like_surname) over (partition by name_id order by position), false) as is_before_surname,
        coalesce(lag(is_like_surname and not is_first_name) over (partition by name_id order by position), false)
            as is_after_surname
    from words

),

-- «и» between two persons, and not the initial of Анна И. Петрова.
separators as (

    select
        *,
        kind = 'conjunction'
        and word_before is not null
        and word_after is not null
        and (
            repaired_word <> 'и'
            or (
                length(word_before) > 1
                and length(word_after) > 1
                and not is_before_patronymic
                and (is_before_first_name or (is_before_surname and (is_after_surname or is_before_two_words)))
            )
        ) as is_conjunction,
        kind = 'comma' as is_comma,
        kind in ('title', 'conjunction', 'comma', 'suffix')
        or (kind = 'preposition' and place = 1 and word_after is not null) as is_beside_name
    from neighbours

),

final as (

    select
        *,
        sum(case when is_conjunction then 1 else 0 end) over (partition by name_id order by position) as person_number,
        sum(case when is_comma then 1 else 0 end) over (partition by name_id order by position) as comma_number,
        is_beside_name and not (kind = 'conjunction' and not is_conjunction and length(repaired_word) = 1) as is_dropped
    from separators

)

select * from final
