{%- set russian_ending = '[а-я]..(ов|ова|ев|ева|ский|ская|вич|вна|ична|енко)$' -%}

with words as (

    select distinct word from {{ ref('int_customer_names_split') }}

),

known_words as (

    select distinct word from {{ ref('int_russian_name_words') }}

),

known_keys as (

    select
        word_key,
        max(case when kind = 'last_name' then 0 else 1 end) = 1 as is_given_name
    from {{ ref('int_russian_name_words') }}
    group by word_key

),

-- Latin letters that look like Cyrillic ones (and 0 and 3 for о and з) in a Cyrillic word, and the other way round.
scripts_told as (

    select
        word,
        {{ regexp_matched('word', '[а-яёіїєґўәғқңөұүһ]') }} as has_cyrillic,
        {{ regexp_matched('word', '[a-z]') }} as has_latin,
        {{ regexp_matched('word', '[бгджзийлпфцчшщъыьэюяё]') }} as is_surely_cyrillic,
        {{ regexp_matched('word', '[dfgijlnqrsuvwzß-ɏ]') }} as is_surely_latin
    from words

),

of_one_script as (

    select
        word,
        case
            when has_cyrillic and is_surely_latin and not is_surely_cyrillic
                then translate(word, 'авсенкмортхуһіј', 'abcehkmoptxyhij')
            when has_cyrillic then replace(translate(word, 'abcehkmoptxy03', 'авсенкмортхуоз'), 'ё', 'е')
            else word
        end as letters,
        has_cyrillic and not (is_surely_latin and not is_surely_cyrillic) as is_cyrillic,
        has_latin
    from scripts_told

),

switched as (

    select
        *,
        case when not is_cyrillic and length(word) > 2 then replace({{ other_keyboard_layout('word') }}, 'ё', 'е') end
            as switched_word
    from of_one_script

),

-- A Latin word was meant in Russian when the other layout makes it a Russian name or gives it a Russian ending.
typed as (

    select
        switched.word,
        switched.is_cyrillic
        or known_words.word is not null
        or coalesce({{ regexp_matched('switched.switched_word', russian_ending) }}, false) as is_cyrillic,
        case
            when switched.is_cyrillic then {{ regexp_replaced('switched.letters', '[^а-яёіїєґўәғқңөұүһa-z0-9,&-]') }}
            when
                known_words.word is not null or {{ regexp_matched('switched.switched_word', russian_ending) }}
                then switched.switched_word
            when switched.has_latin then {{ regexp_replaced('switched.letters', "[^a-zß-ɏḀ-ỿ0-9,&''-]") }}
            else {{ regexp_replaced('switched.letters', "[''.]") }}
        end as repaired_word
    from switched
    left join known_words
        on
            switched.switched_word = known_words.word
            and {{ regexp_matched('switched.switched_word', '^[а-я-]+$') }}

),

-- In Latin letters x may be х (GOST 7.79) and c may be к: read so where that alone makes it a Russian name.
final as (

    select
        typed.word,
        typed.repaired_word,
        typed.is_cyrillic,
        case
            when known_as_it_is.word_key is not null then typed.repaired_word
            when known_with_h.word_key is not null then replace(typed.repaired_word, 'x', 'h')
            when known_with_k.word_key is not null then replace(typed.repaired_word, 'c', 'k')
            else typed.repaired_word
        end as read_word
    from typed
    left join known_keys as known_as_it_is
        on {{ name_key(surname_stem('typed.repaired_word')) }} = known_as_it_is.word_key
    left join known_keys as known_with_h
        on
            not typed.is_cyrillic
            and typed.repaired_word like '%x%'
            and {{ name_key(surname_stem("replace(typed.repaired_word, 'x', 'h')")) }} = known_with_h.word_key
    left join known_keys as known_with_k
        on
            not typed.is_cyrillic
            and typed.repaired_word like '%c%'
            and known_with_k.is_given_name
            and {{ name_key("replace(typed.repaired_word, 'c', 'k')") }} = known_with_k.word_key

)

select * from final
