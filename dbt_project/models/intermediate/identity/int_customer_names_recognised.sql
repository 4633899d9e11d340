{#- Which word is the surname, the first name and the middle name. -#}
{%- set orders = {
    'columns': (1, 2, 3), 'surname first': (1, 2, 3), 'surname last': (3, 1, 2), 'two words': (2, 1, none),
} -%}

with names as (

    select * from {{ ref('int_customer_names_collected') }}
    where word_1 is not null

),

words as (

    select * from {{ ref('int_customer_name_words_standardized') }}
    where is_plain_name

),

joined as (

    select
        names.name_id,
        {% for position in [1, 2, 3] -%}
        {% for column in [
            'repaired_word', 'word_key', 'stem_key', 'is_first_name', 'first_name_gender', 'is_patronymic',
            'is_known_patronymic', 'is_female_patronymic',
        ] -%}
        word_{{ position }}.{{ column }} as {{ column }}_{{ position }},
        {% endfor -%}
        {% endfor -%}
        names.word_3 is not null as has_three_words,
        names.is_in_columns
    from names
    inner join words as word_1 on names.word_1 = word_1.word
    inner join words as word_2 on names.word_2 = word_2.word
    left join words as word_3 on names.word_3 = word_3.word
    where names.word_3 is null or word_3.word is not null

),

-- Orders that leave no doubt. All other names are weighed word by word.
ordered as (

    select
        *,
        case
            when is_in_columns
                then case
                    when
                        (is_first_name_2 or not is_first_name_1)
                        and not is_patronymic_2
                        and (not has_three_words or is_first_name_2 or not is_first_name_3) then 'columns'
                end
            when not has_three_words and is_first_name_2 and not is_first_name_1 and not is_patronymic_1
                then 'surname first'
            when not has_three_words and is_first_name_1 and not is_first_name_2 and not is_patronymic_2
                then 'two words'
            when is_first_name_2 and is_known_patronymic_3 and not is_first_name_1 and not is_patronymic_1
                then case
                    when
                        coalesce(first_name_gender_2, '')
                        <> case when is_female_patronymic_3 then 'male' else 'female' end then 'surname first'
                end
            when is_first_name_1 and is_known_patronymic_2 and not is_first_name_3 and not is_patronymic_3
                then case
                    when
                        coalesce(first_name_gender_1, '')
                        <> case when is_female_patronymic_2 then 'male' else 'female' end then 'surname last'
                end
        end as name_order
    from joined

),

final as (

    select
        {% for column, part, source in [
            ('last_name', 0, 'repaired_word'), ('first_name', 1, 'repaired_word'), ('middle_name', 2, 'repaired_word'),
            ('last_name_key', 0, 'stem_key'), ('first_name_key', 1, 'word_key'), ('middle_name_key', 2, 'word_key'),
            ('last_word_key', 0, 'word_key'), ('first_name_gender', 1, 'first_name_gender'),
            ('is_patronymic', 2, 'is_patronymic'), ('is_female_patronymic', 2, 'is_female_patronymic'),
            ('has_known_first_name', 1, 'is_first_name'),
        ] -%}
        case name_order
            {% for name_order, positions in orders.items() if positions[part] -%}
            when '{{ name_order }}' then {{ source }}_{{ positions[part] }}
            {% endfor -%}
        end as {{ column }},
        {% endfor -%}
        name_id
    from ordered
    where name_order is not null

)

select * from final
