{%- set russian_ending = russian_ending() ~ '$' -%}

with words as (

    select word from {{ ref('int_customer_names_split') }}

    {% for position in [1, 2, 3] -%}
    union

    select word_{{ position }} as word from {{ ref('int_customer_names_collected') }}
    where word_{{ position }} is not null

    {% endfor -%}
),

known_words as (

    select distinct word from {{ ref('int_russian_name_words') }}

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
        -- Thi would be Ерш.
        case
            when not is_cyrillic and (length(word) > 3 or {{ regexp_matched('word', '^[^aeiou]{3}$') }})
                then replace({{ other_keyboard_layout('word') }}, 'ё', 'е')
        end as switched_word
    from of_one_script

),

-- A Latin word was meant in Russian when the other layout makes it a Russian name or gives it a Russian ending.
final as (

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

)

select * from final
