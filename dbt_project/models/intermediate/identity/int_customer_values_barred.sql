with records as (

    select * from {{ ref('int_customer_records_cleaned') }}

),

limits as (

    select * from {{ ref('frequency_limits') }}

),

values_used as (

    select
        'phone' as attribute,
        records.dealer_code,
        phones.phone_e164 as value_used,
        records.last_name_key,
        records.first_name_key,
        records.birth_date
    from {{ ref('int_customer_record_phones') }} as phones
    inner join records on phones.record_id = records.record_id

    union all

    select
        'email' as attribute,
        dealer_code,
        email as value_used,
        last_name_key,
        first_name_key,
        birth_date
    from records
    where email is not null

    union all

    select
        'birth_date' as attribute,
        dealer_code,
        {{ to_text('birth_date') }} as value_used,
        last_name_key,
        first_name_key,
        cast(null as date) as birth_date
    from records
    where birth_date is not null

),

-- The first letters: a misspelt name is not a second one.
counted as (

    select
        attribute,
        'group' as scope,
        cast(null as {{ text_type() }}) as dealer_code,
        value_used,
        count(distinct left(last_name_key, 3)) as surname_count,
        count(distinct left(first_name_key, 2)) as first_name_count,
        count(distinct birth_date) as birth_date_count
    from values_used
    group by attribute, value_used

    union all

    select
        attribute,
        'dealer' as scope,
        dealer_code,
        value_used,
        count(distinct left(last_name_key, 3)) as surname_count,
        count(distinct left(first_name_key, 2)) as first_name_count,
        count(distinct birth_date) as birth_date_count
    from values_used
    group by attribute, dealer_code, value_used

),

-- How many surnames would share a birth date at a dealer by chance: some 20,000 dates are in use.
dealer_sizes as (

    select
        dealer_code,
        count(distinct last_name_key) as dealer_surname_count
    from records
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
        -- One person's birth dates differ by slips; several people's come with several first names.
        or (counted.birth_date_count > limits.birth_date_limit and counted.first_name_count > 3)

)

select * from final
