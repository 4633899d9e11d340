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
    transliteration: Кузнецова, Kuznetsova and Kouznetsova are kuznecova; Юлия, Yuliya, Julia and Iuliia are ula.
    A sound is one letter (j for ж, q for ч, w for ш and щ, c for ц, h for х), so that one slip is one edit.
#}
{% macro name_key(expression) -%}
    {%- set one_to_one = "translate(" ~ expression ~ ",
        'абвгґдеёэєзийіїклмнопрстуўфыàáâãäåāăąçćďèéêëēėęěəğìíîïīıłľñńňòóôõöøōőŕřśşťţțùúûüūůűýÿźżәғқңөұүһъьʼ’`-',
        'abvggdeeeeziiiiklmnoprstuufiaaaaaaaaaccdeeeeeeeeegiiiiiillnnnoooooooorrsstttuuuuuuuyyzzagknouuh')" -%}
    {{ letters_replaced(one_to_one, [
        ("''", ''), ('č', 'ch'), ('š', 'sh'), ('ž', 'zh'), ('w', 'v'), ('x', 'ks'),
        ('ж', 'zh'), ('х', 'kh'), ('ц', 'ts'), ('ч', 'ch'), ('ш', 'sh'), ('щ', 'shch'), ('ю', 'iu'), ('я', 'ia'),
        ('q', 'k'), ('ck', 'k'), ('ph', 'f'), ('y', 'i'), ('j', 'i'),
        ('shch', 'w'), ('sch', 'w'), ('shh', 'w'), ('sh', 'w'), ('tch', 'q'), ('ch', 'q'), ('zh', 'j'), ('kh', 'h'),
        ('tz', 'c'), ('ts', 'c'), ('cz', 'c'), ('ou', 'u'),
        ('ii', 'i'), ('iu', 'u'), ('ia', 'a'), ('io', 'e'), ('ie', 'e'),
        ('aa', 'a'), ('bb', 'b'), ('dd', 'd'), ('ee', 'e'), ('ff', 'f'), ('ii', 'i'), ('kk', 'k'), ('ll', 'l'),
        ('mm', 'm'), ('nn', 'n'), ('oo', 'o'), ('pp', 'p'), ('rr', 'r'), ('ss', 's'), ('tt', 't'), ('zz', 'z'),
    ]) }}
{%- endmacro %}


{#
    The masculine stem of a lower-case surname: Иванова and Иванов are both иванов, Белая and Белый are бел,
    Достоевская is достоевск; declined forms (Иванову) come along. Other surnames stay as they are.
#}
{% macro surname_stem(expression) -%}
    case
        when {{ regexp_matched(expression, '..(ов|ев|ёв|ин|ын|ov|ev|in|yn)(а|у|a)$') }}
            then left({{ expression }}, length({{ expression }}) - 1)
        when {{ regexp_matched(expression, '..(aya|aia|aja)$') }}
            then left({{ expression }}, length({{ expression }}) - 3)
        when {{ regexp_matched(expression, '...(ая|ый|ий|ой|yy|yi|iy|ii|ij|yj|oy|oi|oj)$') }}
            then left({{ expression }}, length({{ expression }}) - 2)
        when {{ regexp_matched(expression, '(sk|ck)[yi]$') }}
            then left({{ expression }}, length({{ expression }}) - 1)
        else {{ expression }}
    end
{%- endmacro %}


{# A lower-case word typed in Russian while the keyboard was switched to Latin: bdfyjd is иванов. #}
{% macro other_keyboard_layout(expression) -%}
    translate(
        {{ expression }},
        'qwertyuiop[]asdfghjkl;''zxcvbnm,.`{}:"<>',
        'йцукенгшщзхъфывапролджэячсмитьбюёхъжэбю'
    )
{%- endmacro %}


{# Names are parsed once per distinct spelling; this is the key of a spelling, from the columns of a record. #}
{% macro name_id() -%}
    {{ hashed_64("concat_ws('|', coalesce(lower(last_name), ''), coalesce(lower(first_name), ''), "
        ~ "coalesce(lower(middle_name), ''), coalesce(lower(full_name), ''))") }}
{%- endmacro %}


{# Within a group of words: those of a role, in the order in which they stood. A name holds one or two of a role. #}
{% macro words_of_role(role, column, separator='') -%}
    nullif(concat_ws(
        '{{ separator }}',
        min(case when name_role = '{{ role }}' and role_ordinal = 1 then {{ column }} end),
        min(case when name_role = '{{ role }}' and role_ordinal = 2 then {{ column }} end),
        min(case when name_role = '{{ role }}' and role_ordinal = 3 then {{ column }} end)
    ), '')
{%- endmacro %}


{# Every word and every part behind a hyphen with a capital. #}
{% macro capitalised(expression) -%}
    initcap({{ expression }})
{%- endmacro %}
