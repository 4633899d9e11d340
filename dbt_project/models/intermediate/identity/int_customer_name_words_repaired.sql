with typed as (

    select * from {{ ref('int_customer_name_words_typed') }}

),

known_keys as (

    select
        word_key,
        max(case when kind = 'last_name' then 0 else 1 end) = 1 as is_given_name
    from {{ ref('int_russian_name_words') }}
    group by word_key

),

-- In Latin letters x may be х (GOST 7.79) and c may be к: read so where that alone makes it a Russian name.
keyed as (

    select
        *,
        case
            when not is_cyrillic and {{ regexp_matched('repaired_word', '[xc]') }}
                then {{ name_key(surname_stem('repaired_word')) }}
        end as key_as_it_is,
        case
            when not is_cyrillic and repaired_word like '%x%'
                then {{ name_key(surname_stem("replace(repaired_word, 'x', 'h')")) }}
        end as key_with_h,
        case
            when not is_cyrillic and repaired_word like '%c%' then {{ name_key("replace(repaired_word, 'c', 'k')") }}
        end as key_with_k
    from typed

),

read as (

    select
        keyed.word,
        keyed.repaired_word,
        keyed.is_cyrillic,
        case
            when known_as_it_is.word_key is not null then keyed.repaired_word
            when known_with_h.word_key is not null then replace(keyed.repaired_word, 'x', 'h')
            when known_with_k.word_key is not null then replace(keyed.repaired_word, 'c', 'k')
            else keyed.repaired_word
        end as read_word
    from keyed
    left join known_keys as known_as_it_is on keyed.key_as_it_is = known_as_it_is.word_key
    left join known_keys as known_with_h on keyed.key_with_h = known_with_h.word_key
    left join known_keys as known_with_k
        on
            keyed.key_with_k = known_with_k.word_key
            and known_with_k.is_given_name

),

stemmed as (

    select
        *,
        {{ surname_stem('read_word') }} as surname_stem
    from read

),

final as (

    select
        word,
        repaired_word,
        is_cyrillic,
        {{ name_key('read_word') }} as word_key,
        {{ name_key('surname_stem') }} as stem_key,
        case when is_cyrillic then {{ patronymic_nominative('repaired_word') }} end as nominative_middle_name,
        case when is_cyrillic then {{ surname_nominative('repaired_word', 'surname_stem', 'male') }} end
            as nominative_last_name_male,
        case when is_cyrillic then {{ surname_nominative('repaired_word', 'surname_stem', 'female') }} end
            as nominative_last_name_female,
        case when is_cyrillic then {{ regexp_extracted('repaired_word', '^(...+)(?:а|у|ом|ем|е)$') }} end as bare_word
    from stemmed

)

select * from final
