with placeholders as (

    select word from {{ ref('int_placeholder_words') }}
    where attribute = 'any'

),

names as (

    select * from {{ ref('int_customer_names_collected') }}
    where word_1 is null

),

cells as (

    {% for column in ['last_name', 'first_name', 'middle_name', 'full_name'] -%}
    select
        names.name_id,
        {{ loop.index * 10 }} as cell_number,
        '{{ column }}' as given_as,
        translate(names.{{ column }}, '–—‑−’ʼ‘´', '----''''''''') as cell
    from names
    left join placeholders on trim(names.{{ column }}) = placeholders.word
    where
        names.{{ column }} is not null
        and placeholders.word is null
        {%- if column != 'full_name' %}
        and names.full_name is null
        {%- endif %}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- What stands in brackets (a maiden name, a nickname) is left out, unless it is all there is. Accents that are
-- characters of their own are dropped, й and ё put together before. Two persons in a cell are told apart by &.
separated as (

    select
        name_id,
        cell_number,
        given_as,
        translate({{ letters_replaced(
            "case when " ~ regexp_matched(regexp_replaced('cell', '[(][^)]*[)]'), '[^ .,-]')
            ~ " then " ~ regexp_replaced('cell', '[(][^)]*[)]', ' ') ~ " else cell end",
            [
                ("и\u0306", 'й'), ("е\u0308", 'ё'), ('(', ' '), (')', ' '), ('«', ' '), ('»', ' '), ('"', ' '),
                ('_', ' '), ('*', ' '), ('/', ' & '), ('+', ' & '), ('|', ' & '), ('&', ' & '), ('; ', ' & '),
            ]
        ) }}, '{{ combining_accents() }}', '') as cell,
        {{ regexp_matched('cell', '[а-яё]') }} as is_cyrillic
    from cells

),

-- Dots and commas are letters (ю, б) where Russian was typed with the keyboard switched to Latin. In a Latin cell they
-- are punctuation at the end of words, behind initials, and between words that both have vowels.
punctuated as (

    select
        name_id,
        cell_number,
        given_as,
        case
            when is_cyrillic
                then {{ regexp_replaced(
                    letters_replaced('cell', [("''", ''), (';', ' & '), (',', ' , ')]),
                    '[^ 0-9a-zа-яёіїєґўәғқңөұүһß-ɏ,&-]+', ' '
                ) }}
            when {{ regexp_matched(
                'cell', "^[a-zß-ɏ .''-]*[aeiou][a-zß-ɏ .''-]*,[a-zß-ɏ .''-]*[aeiou][a-zß-ɏ .''-]*$"
            ) }}
                then replace(replace(cell, '.', ' '), ',', ' , ')
            when {{ regexp_matched('cell', '(^| )[a-z][.]([a-z][.]| |$|[a-z][a-z]+( |$))') }}
                then replace(replace(cell, '.', ' '), ', ', ' , ')
            else replace({{ regexp_replaced('cell', '[.]( |$)', ' ') }}, ', ', ' , ')
        end as cell
    from separated

),

cleaned as (

    select
        name_id,
        cell_number,
        given_as,
        {{ regexp_replaced(
            "replace(" ~ regexp_replaced('cell', ' +', ' ') ~ ", ' - ', '-')", '(^[ ,&-]+)|([ ,&-]+$)'
        ) }} as cell
    from punctuated

),

words as (

    {% for position in range(1, 9) -%}
    select
        name_id,
        cell_number + {{ position }} as position,
        given_as,
        split_part(cell, ' ', {{ position }}) as word
    from cleaned
    where split_part(cell, ' ', {{ position }}) <> ''

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

final as (

    select * from words

)

select * from final
