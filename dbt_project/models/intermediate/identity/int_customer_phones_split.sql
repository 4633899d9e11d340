with cells as (

    select
        phone_cell,
        phone_region
    from {{ ref('int_customer_phone_cells') }}

    union

    select
        phone_cell,
        phone_region
    from {{ ref('int_dealer_phone_cells') }}

),

separated as (

    select
        *,
        case
            when {{ regexp_matched('phone_cell', '^[+]?[0-9() -]*[0-9]$') }} then phone_cell
            else ltrim({{ phone_cell_separated('phone_cell') }}, ', ')
        end as numbers
    from cells

),

pieces as (

    {% for number in range(1, 9) -%}
    select
        phone_cell,
        phone_region,
        split_part(numbers, ',', {{ number }}) as piece
    from separated
    where {{ "numbers like '%,%' and " if number > 1 }}length(split_part(numbers, ',', {{ number }})) > 5

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

digits as (

    select
        phone_cell,
        phone_region,
        {{ regexp_extracted('piece', '#[^0-9]*([0-9]{1,6})') }} as extension,
        {{ regexp_matched('piece', '[+]') }} as has_plus,
        {{ regexp_replaced("split_part(piece, '#', 1)", '[^0-9]') }} as digits
    from pieces

),

-- Two numbers with nothing but a blank between them are cut in the middle.
final as (

    select
        phone_cell,
        phone_region,
        extension,
        has_plus,
        digits
    from digits
    where length(digits) between 5 and 18

    {% for half in ['left', 'right'] -%}
    union

    select
        phone_cell,
        phone_region,
        extension,
        has_plus,
        {{ half }}(digits, cast(length(digits) / 2 as integer)) as digits
    from digits
    where length(digits) in (20, 22, 24)

    {% endfor -%}
)

select * from final
