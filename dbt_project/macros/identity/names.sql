{#
    Several replacements one after the other. Plain `replace`, because the order matters and regular expressions are
    many times slower on millions of words.
#}
{% macro letters_replaced(expression, replacements) -%}
    {{ return(adapter.dispatch('letters_replaced')(expression, replacements)) }}
{%- endmacro %}

{% macro default__letters_replaced(expression, replacements) -%}
    {%- set state = namespace(sql=expression) -%}
    {%- for old, new in replacements -%}
        {%- set state.sql = "replace(" ~ state.sql ~ ", '" ~ old ~ "', '" ~ new ~ "')" -%}
    {%- endfor -%}
    {{ state.sql }}
{%- endmacro %}


{#
    One spelling for all spellings of a lower-case word in Cyrillic or Latin letters, whatever the scheme of
    transliteration: Кузнецова, Kuznetsova and Kouznetsova are kuznecova; Юлия, Yuliya, Julia and Iuliia are ulia.
    Accents are folded, hyphens and apostrophes dropped. A consonant is one letter (j for ж, q for ч, w for ш and щ,
    c for ц, h for х), so that one slip is one edit. At a word's end -ie and -io stay: Marie is not Mario.
#}
{% macro name_key(expression) -%}
    {%- set russian = 'абвгґдеёэєзийіїклмнопрстуўфығқңөұүһәљњђћј' -%}
    {%- set as_latin = 'abvggdeeeeziiiiklmnoprstuufigknouuhalndci' -%}
    {%- set accented = [
        ('àáâãäåāăąǎạảấầẩẫậắằẳẵặə', 'a'), ('çćĉċ', 'c'), ('ďđð', 'd'), ('èéêëēĕėęěẹẻẽếềểễệ', 'e'), ('ĝğġģ', 'g'),
        ('ĥħ', 'h'), ('ìíîïĩīĭįǐỉịı', 'i'), ('ĵ', 'j'), ('ķ', 'k'), ('ĺļľł', 'l'), ('ñńņň', 'n'),
        ('òóôõöōŏőơǒọỏốồổỗộớờởỡợø', 'o'), ('ŕŗř', 'r'), ('śŝşș', 's'), ('ţťț', 't'), ('ùúûüũūŭůűųưǔụủứừửữự', 'u'),
        ('ŵ', 'w'), ('ýÿŷỳỵỷỹ', 'y'), ('źż', 'z')
    ] -%}
    {%- set dropped = "ъь`ʼ’‘´·-" ~ combining_accents() -%}
    {%- set folded = namespace(letters=russian, base=as_latin) -%}
    {%- for letters, base in accented -%}
        {%- set folded.letters = folded.letters ~ letters -%}
        {%- set folded.base = folded.base ~ base * letters | length -%}
    {%- endfor -%}
    {{ letters_replaced(
        "concat(translate(" ~ expression ~ ", '" ~ folded.letters ~ dropped ~ "', '" ~ folded.base ~ "'), '|')",
        [
            ("''", ''), ('č', 'ch'), ('š', 'sh'), ('ž', 'zh'), ('ß', 'ss'), ('æ', 'ae'), ('œ', 'oe'), ('þ', 'th'),
            ('w', 'v'), ('x', 'ks'), ('dж', 'y'), ('dzh', 'y'), ('џ', 'y'),
            ('ж', 'zh'), ('х', 'kh'), ('ц', 'ts'), ('ч', 'ch'), ('ш', 'sh'), ('щ', 'shch'), ('ю', 'iu'), ('я', 'ia'),
            ('q', 'k'), ('ck', 'k'), ('ph', 'f'), ('y', 'i'), ('j', 'i'),
            ('schtsch', 'w'), ('tsch', 'q'), ('shch', 'w'), ('sch', 'w'), ('shh', 'w'), ('sh', 'w'), ('tch', 'q'), ('ch', 'q'), ('zh', 'j'),
            ('kh', 'h'), ('tz', 'c'), ('ts', 'c'), ('cz', 'c'), ('ou', 'u'),
            ('ii', 'i'), ('iu', 'u'), ('ioe|', 'O'), ('io|', 'O'), ('ie|', 'E'), ('ie', 'e'), ('io', 'e'), ('O', 'io'), ('E', 'ie'),
            ('|', ''), ('aa', 'a'), ('bb', 'b'), ('dd', 'd'), ('ee', 'e'), ('ff', 'f'), ('ii', 'i'), ('kk', 'k'),
            ('ll', 'l'), ('mm', 'm'), ('nn', 'n'), ('oo', 'o'), ('pp', 'p'), ('rr', 'r'), ('ss', 's'), ('tt', 't'),
            ('zz', 'z'),
        ]
    ) }}
{%- endmacro %}


{# The accents of Unicode that are characters of their own, behind the letter that they stand on. #}
{% macro combining_accents() -%}
    {{ return("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0323\u0327\u0328") }}
{%- endmacro %}


{#
    The masculine stem of a lower-case surname, of both parts where a hyphen joins two: Иванова, Иванов and Иванову are
    иванов, Белая and Белый are бел, Петрова-Достоевская is петров-достоевск. Other surnames stay as they are.
#}
{% macro surname_stem(expression) -%}
    case
        when {{ expression }} like '%-%' then concat(
            {{ single_surname_stem("split_part(" ~ expression ~ ", '-', 1)") }},
            {{ single_surname_stem("split_part(" ~ expression ~ ", '-', 2)") }}
        )
        else {{ single_surname_stem(expression) }}
    end
{%- endmacro %}

{% macro single_surname_stem(expression) -%}
    {%- set endings = [
        ('..(ов|ев|ёв|ин|ын)(а|у|ы|е)', 1), ('..(ов|ев|ёв|ин|ын)(ой|ою|ым|ых)', 2),
        ('..(ск|цк)(ий|ой|ая|ом|им|ую|ие|их)', 2), ('..(ск|цк)(ого|ому)', 3),
        ('...(ый|ий|ой|ая|яя|ую|юю)', 2), ('...(ого|его|ому|ему)', 3),
        ('..ová', 3), ('..(ov|ev|in|yn)a', 1), ('..(aya|aia|aja)', 3), ('..(sk|ck|dzk)(yy|yi|iy|ii|ij|yj|oy|oi|oj)', 2),
        ('..(sk|ck|dzk)[yia]', 1), ('...(yy|yi|iy|ii|ij|yj|oy|oi|oj)', 2),
    ] -%}
    case
        {% for pattern, dropped in endings -%}
        when {{ regexp_matched(expression, pattern ~ '$') }}
            then left({{ expression }}, length({{ expression }}) - {{ dropped }})
        {% endfor -%}
        when {{ regexp_matched(expression, '..[oe]ff$') }}
            then concat(left({{ expression }}, length({{ expression }}) - 2), 'v')
        else {{ expression }}
    end
{%- endmacro %}


{# A lower-case word typed in Russian while the keyboard was switched to Latin: bdfyjd is иванов. #}
{% macro other_keyboard_layout(expression) -%}
    {%- set keys = ("qwertyuiop[]asdfghjkl;''zxcvbnm,.`{}:\"<>", "йцукенгшщзхъфывапролджэячсмитьбюёхъжэбю") -%}
    translate({{ expression }}, '{{ keys[0] }}', '{{ keys[1] }}')
{%- endmacro %}


{# The endings of words that are Russian beyond doubt. #}
{% macro russian_ending() -%}[а-я]{3}(ов|ова|ев|ева|ский|ская|вич|вна|ична|енко){%- endmacro %}


{#
    Whether lower-case Latin text is Russian typed with the keyboard switched: one of its words is Russian in the other
    layout. Then all of them are, also those that no table knows and initials.
#}
{% macro is_in_other_layout(text) -%}
    not {{ regexp_matched(text, '[а-яё]') }}
        and {{ regexp_matched(other_keyboard_layout(text), russian_ending() ~ '( |$)') }}
{%- endmacro %}


{# What was meant in a cell of names typed so: a dot inside a word is ю, behind an initial it is a dot, as / is. #}
{% macro cell_in_other_layout(cell) -%}
    {%- set undotted = "case when " ~ regexp_matched(cell, '(^| )[a-z][.][a-z]([.]| |$)')
        ~ " then replace(" ~ cell ~ ", '.', ' ') else " ~ regexp_replaced(cell, '[.]( |$)', ' ') ~ " end" -%}
    replace({{ other_keyboard_layout("replace(replace(" ~ undotted ~ ", '/', ' '), ', ', '/ ')") }}, '/', ',')
{%- endmacro %}


{# Names are parsed once per distinct spelling; this is the key of a spelling, from the columns of a record. #}
{% macro name_id() -%}
    {{ hashed_64("concat_ws('|', coalesce(lower(last_name), ''), coalesce(lower(first_name), ''), "
        ~ "coalesce(lower(middle_name), ''), coalesce(lower(full_name), ''))") }}
{%- endmacro %}


{# Within a group of words: those of a role, in the order in which they stood, up to five. #}
{% macro words_of_role(role, column, separator='') -%}
    nullif(concat_ws(
        '{{ separator }}',
        {% for ordinal in range(1, 6) -%}
        min(case when name_role = '{{ role }}' and role_ordinal = {{ ordinal }} then {{ column }} end)
        {{- "," if not loop.last }}
        {% endfor -%}
    ), '')
{%- endmacro %}


{# Every word and every part behind a hyphen with a capital. #}
{% macro capitalised(expression) -%}
    initcap({{ expression }})
{%- endmacro %}


{# Ивановича and Ивановне as they stand in a list of names, Иванович and Ивановна; null for every other word. #}
{% macro patronymic_nominative(expression) -%}
    case
        when {{ regexp_matched(expression, '..(ов|ев|ь)ич(а|у|е)$') }}
            then left({{ expression }}, length({{ expression }}) - 1)
        when {{ regexp_matched(expression, '..(ов|ев|ь)ичем$') }} then left({{ expression }}, length({{ expression }}) - 2)
        when {{ regexp_matched(expression, '..(ов|ев|ич)н(ы|е|у)$') }}
            then concat(left({{ expression }}, length({{ expression }}) - 1), 'а')
        when {{ regexp_matched(expression, '..(ов|ев|ич)н(ой|ою)$') }}
            then concat(left({{ expression }}, length({{ expression }}) - 2), 'а')
    end
{%- endmacro %}


{# Иванова and Достоевскому as they stand in a list of names, for a man or a woman; null for every other word. #}
{% macro surname_nominative(expression, stem, gender) -%}
    case
        when {{ regexp_matched(expression, '..(ов|ев|ин|ын)(а|у|е|ой|ою|ым)$') }}
            then concat({{ stem }}, '{{ "а" if gender == "female" }}')
        when {{ regexp_matched(expression, '..(ск|цк)(ого|ому|им|ом|ой|ую)$') }}
            then concat({{ stem }}, '{{ "ая" if gender == "female" else "ий" }}')
        when {{ regexp_matched(expression, '...(ого|ому|ой|ую)$') }}
            then concat({{ stem }}, '{{ "ая" if gender == "female" else "ый" }}')
    end
{%- endmacro %}


{# How much speaks for a word of int_customer_name_words_placed being the first name; more than for others is enough. #}
{% macro first_name_score() -%}
    case when is_frequent_first_name or nominative_first_name is not null then 3 else 0 end
    + case when is_first_name and not is_frequent_first_name then 2 else 0 end
    + case when is_followed_by_patronymic and not is_patronymic and placed_as = 'full_name' then 4 else 0 end
    + case placed_as when 'first_name' then 2 when 'last_name' then -2 when 'middle_name' then -1 else 0 end
    -- Рамзан and Ержан end as surnames do, and less surely so than Кадыров.
    - case when not is_like_surname or is_first_name then 0 when is_hardly_like_surname then 1 else 2 end
    -- Kim Min-jun in columns: both names are known as somebody's own.
    - case when kind = 'family_first' and placed_as = 'last_name' then 2 else 0 end
    + case when is_initial and placed_as = 'last_name' then 3 when is_initial then 1 else 0 end
    - case when is_particle or (family_order = 1 and ordinal = 1) then 9 else 0 end
    + case when family_order = 1 and ordinal = word_count then 9 else 0 end
    -- With nothing else to go by: Russian cells begin with the surname, others end with it.
    + case
        when placed_as <> 'full_name' or is_initial then 0
        when is_cyrillic and ordinal = 2 then 0.5
        when is_cyrillic or ordinal > 1 then 0
        when word_count > 2 and not is_like_surname and given_names_at_end = 0 then 3.5
        else 0.5
    end
{%- endmacro %}


{# The part of a name that a word of int_customer_name_words_placed is: first, middle or last. #}
{% macro name_role() -%}
    case
        -- Иван Петрович in the first name's column and Петрович in his own once more.
        when is_repeated then null
        when is_second_patronymic then 'last'
        when is_middle then 'middle'
        when is_family_first and ordinal > 1
            then case when family_says = 'vietnamese' and ordinal < word_count then 'middle' else 'first' end
        when is_family_first or is_particle then 'last'
        -- The word in the surname's column is one where nothing but an initial stands beside it.
        when
            placed_as = 'last_name'
            and first_name_score < 2
            and word_count_beside = 1
            and not has_known_patronymic then 'last'
        when first_name_rank = 1 and (word_count > 1 or first_name_score >= 2) then 'first'
        when is_initial or placed_as = 'middle_name' then 'middle'
        -- All of the name in the first name's column, for want of another.
        when placed_as = 'first_name' and not has_surname_column and not is_first_name then 'last'
        -- Columns exchanged: the first name stands in the surname's.
        when placed_as = 'first_name' then case when first_name_placed_as = 'first_name' then 'middle' else 'last' end
        when placed_as = 'last_name' then 'last'
        -- Анна Мария Иванова.
        when is_cyrillic
            then case
                when
                    ordinal = first_name_ordinal + 1
                    and word_count > 2
                    and is_first_name
                    and not is_like_surname
                    then 'middle'
                else 'last'
            end
        -- M. Jean Dupont, Anna Maria van der Berg and Juan Carlos García López, Smith John William.
        when is_first_name_in_front then case when ordinal < surname_ordinal then 'middle' else 'last' end
        when ordinal < first_name_ordinal then 'last'
        else 'middle'
    end
{%- endmacro %}
