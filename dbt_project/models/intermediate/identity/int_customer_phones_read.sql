with digits as (

    select * from {{ ref('int_customer_phones_split') }}

),

regions as (

    select
        *,
        {{ to_text('calling_code') }} as code
    from {{ ref('phone_regions') }}

),

at_home as (

    select
        digits.*,
        regions.code as home_code,
        regions.international_prefix,
        split_part(regions.trunk_prefixes, '|', 1) as trunk_prefix,
        split_part(regions.trunk_prefixes, '|', 2) as other_trunk_prefix
    from digits
    left join regions on digits.phone_region = regions.region

),

-- The ways to read the digits: as a number of another country or as one of the dealer's, best first. +8 916… is a slip
-- for 8 916…
readings as (

    {% for reading, number, condition in [
        (1, "digits", "has_plus and not (home_code = '7' and " ~ regexp_matched('digits', '^8[3-9][0-9]{9}$') ~ ")"),
        (2, "substr(digits, length(international_prefix) + 1)",
            "left(digits, length(international_prefix)) = international_prefix and length(digits) > 11"),
        (2, "substr(digits, 3)", "left(digits, 2) = '00'"),
        (3, "concat(home_code, substr(digits, length(trunk_prefix) + 1))",
            "trunk_prefix <> '' and left(digits, length(trunk_prefix)) = trunk_prefix"),
        (4, "concat(home_code, substr(digits, length(other_trunk_prefix) + 1))",
            "other_trunk_prefix <> '' and left(digits, length(other_trunk_prefix)) = other_trunk_prefix"),
        (5, "concat(home_code, digits)", "home_code is not null"),
        (6, "digits", "left(digits, length(home_code)) = home_code"),
        (7, "digits", "length(digits) > 10"),
    ] -%}
    select
        phone_cell,
        phone_region,
        extension,
        digits,
        {{ reading }} as reading,
        {{ number }} as number
    from at_home
    where {{ condition }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- A calling code has one to three digits, and none begins with another.
final as (

    {% for length in [1, 2, 3] -%}
    select
        phone_cell,
        phone_region,
        extension,
        digits,
        reading,
        left(number, {{ length }}) as code,
        substr(number, {{ length }} + 1) as national_number
    from readings
    where length(number) > 7

    {{ "union all" if not loop.last }}

    {% endfor -%}
)

select * from final
