with words as (

    select distinct word from {{ ref('int_customer_names_split') }}

),

patronymics as (

    select distinct {{ name_key('patronymic') }} as name_key from {{ ref('patronymics') }}

),

placeholders as (

    select * from {{ ref('placeholder_words') }}
    where attribute = 'name'

),

first_names as (

    select * from {{ ref('int_first_names_keyed') }}

),

switched as (

    select
        word,
        {{ other_keyboard_layout('word') }} as switched_word,
        {{ regexp_matched('word', '[а-яё]') }} as is_cyrillic
    from words

),

-- A Latin word was meant in Russian when the other layout makes it a first name or gives it a Russian ending.
repaired as (

    select
        switched.word,
        switched.is_cyrillic or (switched.switched_word <> switched.word and (
            first_names.name_key is not null
            or {{ regexp_matched('switched.switched_word', '[а-яё]..(ов|ова|ев|ева|ёв|ский|ская|вич|вна|ична|енко)$') }}
        )) as is_cyrillic,
        case
            when switched.is_cyrillic then switched.word
            when
                first_names.name_key is not null
                or {{ regexp_matched(
                    'switched.switched_word', '[а-яё]..(ов|ова|ев|ева|ёв|ский|ская|вич|вна|ична|енко)$'
                ) }} then switched.switched_word
            else {{ regexp_replaced('switched.word', '[^a-zß-žșțə0-9-]') }}
        end as repaired_word
    from switched
    left join first_names
        on
            not switched.is_cyrillic
            and length(switched.word) > 2
            and first_names.is_russian
            and {{ name_key('switched.switched_word') }} = first_names.name_key

),

keyed as (

    select
        word,
        replace(repaired_word, 'ё', 'е') as repaired_word,
        is_cyrillic,
        {{ name_key('repaired_word') }} as word_key,
        {{ name_key(surname_stem('repaired_word')) }} as stem_key
    from repaired

),

final as (

    select
        keyed.word,
        keyed.repaired_word,
        keyed.is_cyrillic,
        keyed.word_key,
        keyed.stem_key,
        length(keyed.repaired_word) = 1 as is_initial,
        {{ regexp_matched('keyed.word_key', '^(oglu|ogli|kizi|kuzi)$') }} as is_patronymic_particle,
        {{ regexp_matched(
            'keyed.word_key', '(..oviq|..eviq|..ovna|..evna|.iqna|^iliq|^kuzmiq|^fomiq|^lukiq|^saviq)$'
        ) }} as is_patronymic,
        patronymics.name_key is not null as is_known_patronymic,
        {{ regexp_matched('keyed.word_key', '(ovna|evna|iqna|^kizi|^kuzi)$') }} as is_female_patronymic,
        {{ regexp_matched('keyed.stem_key', '..(ov|ev|in|sk|ck|enko|uk|un|an|dze|wvili)$') }} as is_like_surname,
        first_names.name_key is not null as is_first_name,
        coalesce(first_names.people_count > 500 or first_names.is_diminutive, false) as is_frequent_first_name,
        first_names.gender as first_name_gender,
        placeholders.means as placeholder_means
    from keyed
    -- English names say nothing of words in Cyrillic: Белая would be Bela.
    left join first_names
        on
            keyed.word_key = first_names.name_key
            and (first_names.is_russian or not keyed.is_cyrillic)
    left join patronymics on keyed.word_key = patronymics.name_key
    left join placeholders on keyed.repaired_word = placeholders.word
    where keyed.word_key <> ''

)

select * from final
