with cells as (

    {% for column in ['phone', 'phone_2', 'phone_3'] -%}
    select
        records.{{ column }} as phone_cell,
        coalesce(dealers.phone_region, 'RU') as phone_region
    from {{ ref('int_customer_records_unioned') }} as records
    left join {{ source('ops', 'dealers') }} as dealers on records.dealer_code = dealers.dealer_code
    where records.{{ column }} is not null

    {{ "union" if not loop.last }}

    {% endfor -%}
),

repaired as (

    select
        *,
        {{ regexp_replaced(excel_phone_repaired('trim(phone_cell)'), '[,;/|]|( +(и|или|or) +)', ',') }} as numbers
    from cells

),

-- Several numbers in a cell, told apart by commas and the like.
pieces as (

    {% for number in range(1, 5) -%}
    select
        phone_cell,
        phone_region,
        split_part(numbers, ',', {{ number }}) as piece
    from repaired
    where split_part(numbers, ',', {{ number }}) <> ''

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- The first run of digits, before any word: a letter typed for a digit leaves too few of them.
runs as (

    select
        phone_cell,
        phone_region,
        {{ regexp_extracted('lower(piece)', '(?:доб|ext|вн)[^0-9]*([0-9]+)') }} as extension,
        {{ regexp_extracted('piece', '^[^0-9+]*([+]?[0-9() .-]+)') }} as run
    from pieces

),

digits as (

    select
        phone_cell,
        phone_region,
        extension,
        {{ regexp_matched('run', '^[+]') }} as has_plus,
        {{ regexp_replaced('run', '[^0-9]') }} as digits
    from runs
    where run is not null

),

international as (

    select
        digits.phone_cell,
        digits.phone_region,
        digits.extension,
        case
            -- +8 916… is a slip for 8 916…; no country has 89 or 84 with ten more digits in this form.
            when
                digits.has_plus
                and regions.calling_code = '7'
                and {{ regexp_matched('digits.digits', '^8[3-9][0-9]{9}$') }}
                then concat('7', substr(digits.digits, 2))
            when digits.has_plus then digits.digits
            when
                regions.international_prefix is not null
                and left(digits.digits, length(regions.international_prefix)) = regions.international_prefix
                and length(digits.digits) - length(regions.international_prefix) between 10 and 15
                then substr(digits.digits, length(regions.international_prefix) + 1)
            when length(digits.digits) = regions.national_length
                then concat(regions.calling_code, digits.digits)
            when
                length(digits.digits) = regions.national_length + length(regions.trunk_prefix)
                and left(digits.digits, length(regions.trunk_prefix)) = regions.trunk_prefix
                then concat(regions.calling_code, substr(digits.digits, length(regions.trunk_prefix) + 1))
            when length(digits.digits) between 11 and 15 then digits.digits
        end as number
    from digits
    left join {{ ref('phone_regions') }} as regions on digits.phone_region = regions.region

),

final as (

    select distinct
        phone_cell,
        phone_region,
        concat('+', number) as phone_e164,
        extension,
        {{ regexp_matched(
            'number', '^(79|77[0-9]{2}|375(25|29|33|44)|380|998|996|447|491[567]|336|337|614)'
        ) }} as is_mobile,
        {{ regexp_matched('number', '^(7800|7804|1800|1888|1877|44800|49800)') }} as is_toll_free
    from international
    where
        length(number) between 10 and 15
        -- A number of one digit, or one that the Russian plan does not have: typed to fill the cell.
        and not {{ regexp_matched('number', '(0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7})$') }}
        and not {{ regexp_matched('number', '^7[0-2]') }}

)

select * from final
