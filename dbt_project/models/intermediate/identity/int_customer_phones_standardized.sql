with readings as (

    select * from {{ ref('int_customer_phones_read') }}

),

plans as (

    select * from {{ ref('int_phone_plans') }}

),

placeholders as (

    select word from {{ ref('int_placeholder_words') }}
    where attribute = 'phone'

),

-- A calling code has one to three digits, and none begins with another.
coded as (

    {% for length in [1, 2, 3] -%}
    select
        number_abroad,
        left(number_abroad, {{ length }}) as calling_code,
        substr(number_abroad, {{ length }} + 1) as national_number
    from readings
    where number_abroad is not null

    {{ "union" if not loop.last }}

    {% endfor -%}
),

-- A trunk prefix that was left in behind the code is taken out: +44 (0)20…
untrunked as (

    select
        coded.number_abroad,
        coded.calling_code,
        plans.shortest,
        plans.longest,
        plans.national_pattern,
        case
            when
                plans.trunk_prefix <> ''
                and left(coded.national_number, length(plans.trunk_prefix)) = plans.trunk_prefix
                and (
                    length(coded.national_number) > plans.longest
                    or not {{ regexp_matched_by('coded.national_number', 'plans.national_pattern') }}
                )
                then substr(coded.national_number, length(plans.trunk_prefix) + 1)
            else coded.national_number
        end as national_number
    from coded
    inner join plans on coded.calling_code = plans.calling_code

),

abroad as (

    select * from untrunked
    where
        length(national_number) between shortest and longest
        and {{ regexp_matched_by('national_number', 'national_pattern') }}

),

numbers as (

    select
        readings.phone_cell,
        readings.phone_region,
        readings.extension,
        coalesce(abroad.calling_code, readings.home_code) as calling_code,
        coalesce(abroad.national_number, readings.domestic_number) as number
    from readings
    left join abroad on readings.number_abroad = abroad.number_abroad

),

final as (

    select distinct
        numbers.phone_cell,
        numbers.phone_region,
        concat('+', numbers.calling_code, numbers.number) as phone_e164,
        numbers.extension,
        {{ regexp_matched_by('numbers.number', 'plans.mobile_pattern') }} as is_mobile,
        {{ regexp_matched_by('numbers.number', 'plans.impersonal_pattern') }} as is_toll_free
    from numbers
    inner join plans on numbers.calling_code = plans.calling_code
    left join placeholders on numbers.number = placeholders.word
    where
        numbers.number is not null
        and placeholders.word is null
        -- A number that ends in one digit, or that has two digits alone, was typed to fill the cell.
        and not {{ regexp_matched('numbers.number', '(0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7})$') }}
        and replace(replace(numbers.number, left(numbers.number, 1), ''), substr(numbers.number, 2, 1), '') <> ''

)

select * from final
