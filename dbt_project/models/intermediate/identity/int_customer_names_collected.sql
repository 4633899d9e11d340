{%- set words = '%(word)s %(word)s( %(word)s)?' -%}

with names as (

    select
        {{ name_id() }} as name_id,
        lower(last_name) as last_name,
        lower(first_name) as first_name,
        lower(middle_name) as middle_name,
        -- Where the parts are given too, they are the better source.
        case when last_name is null or first_name is null then lower(full_name) end as full_name
    from {{ ref('int_customer_records_read') }}
    where coalesce(full_name, last_name, first_name, middle_name) is not null

    -- The same way, for the dealers' own people among their customers to be found.
    union

    select
        name_id,
        cast(null as {{ text_type() }}) as last_name,
        cast(null as {{ text_type() }}) as first_name,
        cast(null as {{ text_type() }}) as middle_name,
        employee_name as full_name
    from {{ ref('int_employee_names_collected') }}

),

placeholders as (

    select word from {{ ref('int_placeholder_words') }}
    where attribute = 'any'

),

typed as (

    select
        *,
        {{ is_in_other_layout("coalesce(full_name, concat_ws(' ', last_name, first_name, middle_name))") }}
            as is_in_other_layout
    from names
    {{ computed_once() }}

),

meant as (

    select
        {% for column in ['last_name', 'first_name', 'middle_name', 'full_name'] -%}
        case when is_in_other_layout then {{ cell_in_other_layout(column) }} else {{ column }} end as {{ column }},
        {% endfor -%}
        name_id
    from typed

),

joined as (

    select
        *,
        coalesce(full_name, concat_ws(' ', last_name, first_name, middle_name)) as text
    from meant

),

-- «Не указано» is no name of two words.
told as (

    select
        joined.*,
        placeholders.word is not null as is_placeholder
    from joined
    left join placeholders on joined.text = placeholders.word

),

shaped as (

    select
        *,
        full_name is null as is_in_columns,
        (
            {{ regexp_matched('text', '^' ~ words % {'word': '[а-яё][а-яё-]+'} ~ '$') }}
            or {{ regexp_matched('text', '^' ~ words % {'word': '[a-zß-ɏ][a-zß-ɏ-]+'} ~ '$') }}
        )
        and not is_placeholder
        and (
            full_name is not null
            or (
                last_name is not null
                and first_name is not null
                and concat(last_name, first_name, middle_name) not like '% %'
            )
        ) as is_plain
    from told

),

-- Two or three words of one alphabet and nothing else, as most names are, stand here at once.
final as (

    select
        name_id,
        last_name,
        first_name,
        middle_name,
        full_name,
        {% for position in [1, 2, 3] -%}
        case when is_plain then nullif(split_part(text, ' ', {{ position }}), '') end as word_{{ position }},
        {% endfor -%}
        is_in_columns
    from shaped

)

select * from final
