{%- set of_the_father = '...(оглы|[уү]гли|[кқг][ыиі]з[ыиі]|[уұ]лы|уулу)$' -%} {#- Абишулы, not Кесоглу -#}
with keyed as (

    select * from {{ ref('int_customer_name_words_repaired') }}

),

first_names as (

    select * from {{ ref('int_first_names_keyed') }}

),

known_words as (

    select distinct
        word,
        word_key,
        kind
    from {{ ref('int_russian_name_words') }}

),

patronymics as (

    select distinct word_key from known_words
    where kind = 'middle_name'

),

placeholders as (

    select
        word,
        max(means) as means
    from {{ ref('int_placeholder_words') }}
    where attribute in ('name', 'any')
    group by word

),

described as (

    select
        keyed.word,
        keyed.repaired_word,
        keyed.is_cyrillic,
        keyed.word_key,
        keyed.stem_key,
        keyed.nominative_middle_name,
        coalesce(keyed.nominative_last_name_male, surnames.word) as nominative_last_name_male,
        keyed.nominative_last_name_female,
        declined.male_name as nominative_first_name_male,
        declined.female_name as nominative_first_name_female,
        length(keyed.repaired_word) = 1 and keyed.word_key <> '' as is_initial,
        {{ regexp_matched('keyed.word_key', '^(ogh?l[iu]|ugl[iu]|[kg]izi|kuzi|u?ul[iu])$') }} as is_patronymic_particle,
        {{ regexp_matched(
            'keyed.word_key',
            '(..oviq|..eviq|..ovna|..evna|.iqna|^iliq|^kuzmiq|^fomiq|^lukiq|^saviq|...(ogh?l[iu]|ugli|[kg]izi))$'
        ) }}
        or {{ regexp_matched('keyed.repaired_word', of_the_father) }}
        or keyed.nominative_middle_name is not null as is_patronymic,
        {{ regexp_matched('keyed.repaired_word', of_the_father) }} as is_sure_patronymic,
        patronymics.word_key is not null or keyed.nominative_middle_name is not null as is_known_patronymic,
        {{ regexp_matched('keyed.word_key', '(ovna|evna|iqna|kizi|gizi|kuzi)$') }}
        or coalesce({{ regexp_matched('keyed.nominative_middle_name', 'на$') }}, false) as is_female_patronymic,
        {{ regexp_matched('keyed.stem_key', '..(ov|ev|in|sk|ck|enko|uk|un|an|dze|wvili)$') }} as is_like_surname,
        {{ regexp_matched("keyed.word || ' ' || keyed.stem_key", '[a-z]ian |[^i][au]n$') }} as is_hardly_like_surname,
        first_names.name_key is not null as is_first_name,
        coalesce(first_names.people_count > 500 or first_names.is_diminutive, false) as is_frequent_first_name,
        first_names.gender as first_name_gender,
        coalesce(
            placeholders.means,
            -- Ааа, xxx: one letter, again and again.
            case
                when
                    length(keyed.repaired_word) > 2
                    and replace(keyed.repaired_word, left(keyed.repaired_word, 1), '') = ''
                    and name_words.kind is null then 'nothing'
            end
        ) as placeholder_means,
        name_words.kind as word_kind,
        name_words.says as word_says
    from keyed
    -- English names say nothing of words in Cyrillic: Белая would be Bela.
    left join first_names
        on
            keyed.word_key = first_names.name_key
            and (first_names.is_russian or not keyed.is_cyrillic)
    left join patronymics on keyed.word_key = patronymics.word_key
    left join placeholders on keyed.repaired_word = placeholders.word
    left join {{ ref('name_words') }} as name_words on keyed.repaired_word = name_words.word
    left join {{ ref('int_first_names_declined') }} as declined
        on
            keyed.is_cyrillic
            and keyed.repaired_word = declined.form
    left join known_words as surnames
        on
            keyed.bare_word = surnames.word
            and surnames.kind = 'last_name'
    where keyed.repaired_word <> ''

),

final as (

    select
        *,
        is_first_name or coalesce(nominative_first_name_male, nominative_first_name_female) is not null
            as may_be_first_name,
        -- Nothing but a name in the nominative, whatever stands beside it.
        coalesce(word_kind, placeholder_means, nominative_middle_name) is null
        and not is_patronymic_particle
        and (is_first_name or coalesce(nominative_first_name_male, nominative_first_name_female) is null)
            as is_plain_name
    from described

)

select * from final
