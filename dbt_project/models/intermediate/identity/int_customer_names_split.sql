with names as (

    select distinct
        {{ name_id() }} as name_id,
        lower(last_name) as last_name,
        lower(first_name) as first_name,
        lower(middle_name) as middle_name,
        -- Where the parts are given too, they are the better source.
        case when last_name is null and first_name is null then lower(full_name) end as full_name
    from {{ ref('int_customer_records_unioned') }}
    where coalesce(full_name, last_name, first_name, middle_name) is not null

),

cells as (

    {% for column in ['last_name', 'first_name', 'middle_name', 'full_name'] -%}
    select
        name_id,
        {{ loop.index * 10 }} as cell_number,
        '{{ column }}' as given_as,
        {{ column }} as cell
    from names
    where {{ column }} is not null

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- Dots and commas are letters (ю, б) where Russian was typed with the keyboard switched to Latin, so there they are
-- taken away at the end of words alone.
cleaned as (

    select
        name_id,
        cell_number,
        given_as,
        trim({{ regexp_replaced(
            "case when " ~ regexp_matched('cell', '[а-яё]')
            ~ " then " ~ regexp_replaced('cell', '[^а-яёіїєґўәғқңөұүһa-z0-9-]+', ' ')
            ~ " else " ~ regexp_replaced(regexp_replaced('cell', '[.,;]+( |$)', ' '), '[ «»()/_*]+', ' ') ~ " end",
            '(^| )-+|-+( |$)', ' '
        ) }}) as cell
    from cells

),

words as (

    {% for position in range(1, 7) -%}
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

    select
        name_id,
        position,
        given_as,
        word
    from words

)

select * from final
