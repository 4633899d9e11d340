{{ config(pre_hook="{{ records_looked_up() }}") }}

with limits as (

    select * from {{ ref('frequency_limits') }}

),

-- Most values are of too few records for their names to be counted.
crowded as (

    select * from {{ ref('int_customer_values_crowded') }}

),

-- A birth date in the future is none, until its day comes.
values_used as (

    select
        values_used.attribute,
        values_used.dealer_code,
        values_used.value_id,
        values_used.last_name_key,
        values_used.first_name_key,
        values_used.contact_value,
        case
            when values_used.attribute <> 'birth_date' and values_used.birth_date <= current_build.as_of_date
                then values_used.birth_date
        end as birth_date
    from {{ ref('int_customer_values_used') }} as values_used
    cross join {{ source('ops', 'current_build') }} as current_build
    where
        values_used.attribute <> 'birth_date'
        or values_used.birth_date <= current_build.as_of_date

),

-- The first letters: a misspelt name is not a second one.
counted as (

    select
        crowded.attribute,
        crowded.scope,
        case crowded.scope when 'dealer' then crowded.dealer_code end as dealer_code,
        crowded.value_used,
        count(distinct left(values_used.last_name_key, 3)) as surname_count,
        count(distinct left(values_used.first_name_key, 2)) as first_name_count,
        count(distinct values_used.birth_date) as birth_date_count,
        count(distinct values_used.contact_value) as contact_count
    from crowded
    inner join values_used
        on
            crowded.attribute = values_used.attribute
            and crowded.dealer_code = values_used.dealer_code
            and crowded.value_id = values_used.value_id
    group by
        crowded.attribute,
        crowded.scope,
        case crowded.scope when 'dealer' then crowded.dealer_code end,
        crowded.value_used

),

-- How many surnames would share a birth date at a dealer by chance: some 20,000 dates are in use.
dealer_sizes as (

    select
        dealer_code,
        count(*) as dealer_surname_count
    from {{ ref('int_dealer_surnames_counted') }}
    group by dealer_code

),

final as (

    select
        counted.attribute,
        counted.scope,
        counted.dealer_code,
        counted.value_used,
        counted.surname_count,
        counted.first_name_count,
        counted.birth_date_count,
        counted.contact_count,
        limits.why
    from counted
    inner join limits
        on
            counted.attribute = limits.attribute
            and counted.scope = limits.scope
    left join dealer_sizes on counted.dealer_code = dealer_sizes.dealer_code
    where
        counted.surname_count > limits.surname_limit
        + case when counted.attribute = 'birth_date' then dealer_sizes.dealer_surname_count / 1000 else 0 end
        or counted.first_name_count > limits.first_name_limit
        or counted.contact_count > limits.contact_limit
        -- One person's birth dates differ by slips; several people's come with several first names.
        or (counted.birth_date_count > limits.birth_date_limit and counted.first_name_count > 3)

)

select * from final
