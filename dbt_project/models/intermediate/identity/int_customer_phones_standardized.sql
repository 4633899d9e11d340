with readings as (

    select * from {{ ref('int_customer_phones_read') }}

),

regions as (

    select
        *,
        {{ to_text('calling_code') }} as code,
        split_part(coalesce(trunk_prefixes, ''), '|', 1) as trunk_prefix
    from {{ ref('phone_regions') }}

),

placeholders as (

    select word from {{ ref('placeholder_words') }}
    where attribute = 'phone'

),

-- The digits behind the code, without a trunk prefix that was left in: +44 (0)20…
nationals as (

    select
        readings.*,
        regions.shortest,
        regions.longest,
        regions.national_pattern,
        regions.mobile_pattern,
        regions.impersonal_pattern,
        case
            when
                readings.reading in (1, 2, 6, 7)
                and regions.trunk_prefix <> ''
                and left(readings.national_number, length(regions.trunk_prefix)) = regions.trunk_prefix
                and (
                    length(readings.national_number) > regions.longest
                    or not {{ is_number_of('readings.national_number', 'regions.national_pattern') }}
                )
                then substr(readings.national_number, length(regions.trunk_prefix) + 1)
            else readings.national_number
        end as number
    from readings
    inner join regions on readings.code = regions.code

),

-- Countries share a code (7, 1): a number is one of any of their plans.
planned as (

    select
        phone_cell,
        phone_region,
        extension,
        digits,
        reading,
        code,
        number,
        max(case when {{ is_number_of('number', 'mobile_pattern') }} then 1 else 0 end) = 1 as is_mobile,
        max(case when {{ is_number_of('number', 'impersonal_pattern') }} then 1 else 0 end) = 1 as is_toll_free
    from nationals
    where
        length(number) between shortest and longest
        and {{ is_number_of('number', 'national_pattern') }}
    group by phone_cell, phone_region, extension, digits, reading, code, number

),

ranked as (

    select
        *,
        row_number() over (
            partition by phone_cell, phone_region, digits, extension
            order by reading, code, number
        ) as choice
    from planned

),

final as (

    select distinct
        ranked.phone_cell,
        ranked.phone_region,
        concat('+', ranked.code, ranked.number) as phone_e164,
        ranked.extension,
        ranked.is_mobile,
        ranked.is_toll_free
    from ranked
    left join placeholders on ranked.number = placeholders.word
    where
        ranked.choice = 1
        and placeholders.word is null
        -- A number that ends in one digit, or that has two digits alone, was typed to fill the cell.
        and not {{ regexp_matched('ranked.number', '(0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7})$') }}
        and replace(replace(ranked.number, left(ranked.number, 1), ''), substr(ranked.number, 2, 1), '') <> ''

)

select * from final
