{#-
    The ways to read digits as a number of the dealer's own country, best first: what they begin with and how much of them
    falls away. What follows a plus and the own code is read no other way.
-#}
{%- set readings = [
    ("trunk_prefix", "length(trunk_prefix)", true),
    ("other_trunk_prefix", "length(other_trunk_prefix)", true),
    ("''", "0", true),
    ("home_code", "length(home_code)", false),
    ("concat(home_code, trunk_prefix)", "length(home_code) + length(trunk_prefix)", false),
] -%}

with digits as (

    select * from {{ ref('int_customer_phones_split') }}

),

regions as (

    select
        *,
        split_part(coalesce(trunk_prefixes, ''), '|', 1) as trunk_prefix,
        split_part(coalesce(trunk_prefixes, ''), '|', 2) as other_trunk_prefix
    from {{ ref('phone_regions') }}

),

at_home as (

    select
        digits.*,
        regions.calling_code as home_code,
        regions.international_prefix,
        regions.trunk_prefix,
        case when regions.other_trunk_prefix <> '' then regions.other_trunk_prefix end as other_trunk_prefix,
        plans.shortest,
        plans.longest,
        plans.national_pattern
    from digits
    left join regions on digits.phone_region = regions.region
    left join {{ ref('int_phone_plans') }} as plans on regions.calling_code = plans.calling_code

),

domestic as (

    select
        *,
        case
            {% for beginning, count, is_without_code in readings -%}
            when
                left(digits, {{ count }}) = {{ beginning }}
                {%- if is_without_code %}
                and not (has_plus and left(digits, length(home_code)) = home_code)
                {%- endif %}
                and length(digits) - ({{ count }}) between shortest and longest
                and {{ regexp_matched_by('substr(digits, ' ~ count ~ ' + 1)', 'national_pattern') }}
                then substr(digits, {{ count }} + 1)
            {% endfor -%}
        end as domestic_number,
        -- +8 916… is a slip for 8 916…
        has_plus
        and left(digits, length(home_code)) <> home_code
        and not (home_code = '7' and {{ regexp_matched('digits', '^8[3-9][0-9]{9}$') }}) as has_plus_of_abroad
    from at_home

),

final as (

    select
        phone_cell,
        phone_region,
        extension,
        digits,
        home_code,
        domestic_number,
        case
            when has_plus_of_abroad or home_code is null then digits
            when left(digits, length(international_prefix)) = international_prefix and length(digits) > 11
                then substr(digits, length(international_prefix) + 1)
            when left(digits, 2) = '00' then substr(digits, 3)
            -- Eleven digits behind the trunk's 8 are no number of Japan.
            when home_code = '7' and length(digits) = 11 and left(digits, 1) = '8' then null
            when domestic_number is null and length(digits) > 10 then digits
        end as number_abroad
    from domestic

)

select * from final
