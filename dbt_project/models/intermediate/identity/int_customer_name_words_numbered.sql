with listed as (

    select * from {{ ref('int_customer_names_split') }}

    {% for position in [1, 2, 3] -%}
    union all

    select
        names.name_id,
        {{ position }} as position,
        case
            when names.is_in_columns then '{{ ["last_name", "first_name", "middle_name"][position - 1] }}'
            else 'full_name'
        end as given_as,
        names.word_{{ position }} as word
    from {{ ref('int_customer_names_collected') }} as names
    left join {{ ref('int_customer_names_recognised') }} as recognised on names.name_id = recognised.name_id
    where names.word_{{ position }} is not null and recognised.name_id is null

    {% endfor -%}
),

words as (

    select
        listed.name_id,
        listed.position,
        listed.given_as,
        words.*,
        coalesce(words.word_kind, '') as kind
    from listed
    inner join {{ ref('int_customer_name_words_standardized') }} as words on listed.word = words.word
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
