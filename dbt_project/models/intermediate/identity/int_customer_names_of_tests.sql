with words as (

    select word from {{ ref('int_customer_name_words_standardized') }}
    where placeholder_means = 'test'

),

final as (

    select split.name_id
    from {{ ref('int_customer_names_split') }} as split
    inner join words on split.word = words.word

    {% for position in [1, 2, 3] -%}
    union

    select names.name_id
    from {{ ref('int_customer_names_collected') }} as names
    inner join words on names.word_{{ position }} = words.word

    {% endfor -%}
)

select * from final
