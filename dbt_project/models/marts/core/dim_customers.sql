with customers as (

    select * from {{ ref('int_customers_merged') }}

),

records as (

    select
        customer_id,
        count(distinct dealer_code) as dealer_count,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from {{ ref('bridge_customer_records') }}
    group by customer_id

),

lifecycles as (

    select * from {{ ref('int_customer_lifecycles') }}

),

home_dealers as (

    select * from {{ ref('int_customer_home_dealers') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

-- A city that is in one region wherever a region is told is there for everybody.
city_regions as (

    select
        city,
        max(region) as region
    from customers
    where city is not null and region is not null
    group by city
    having count(distinct region) = 1

),

-- Age is full years on the day that stands for today.
aged as (

    select
        customers.*,
        cast(extract(year from settings.as_of_date) - extract(year from customers.birth_date) as integer)
        - case
            when
                extract(month from settings.as_of_date) * 100 + extract(day from settings.as_of_date)
                < extract(month from customers.birth_date) * 100 + extract(day from customers.birth_date)
                then 1
            else 0
        end as age
    from customers
    cross join settings

),

final as (

    select
        aged.customer_id,
        aged.customer_type,
        lifecycles.lifecycle_stage,
        aged.gender,
        cast(extract(year from aged.birth_date) as integer) as birth_year,
        case
            when aged.age < 18 then 'under 18'
            when aged.age < 25 then '18-24'
            when aged.age < 35 then '25-34'
            when aged.age < 45 then '35-44'
            when aged.age < 55 then '45-54'
            when aged.age < 65 then '55-64'
            when aged.age >= 65 then '65 and over'
            else 'unknown'
        end as age_band,
        aged.city,
        coalesce(aged.region, city_regions.region) as region,
        home_dealers.home_dealer_code,
        cast(records.dealer_count as integer) as dealer_count,
        cast(aged.record_count as integer) as record_count,
        records.first_seen_at,
        records.last_seen_at,
        cast(aged.completeness as decimal(18, 6)) as completeness,
        {{ to_text('aged.household_id') }} as household_id,
        aged.is_test,
        aged.is_employee
    from aged
    inner join records on aged.customer_id = records.customer_id
    left join city_regions on aged.city = city_regions.city
    left join lifecycles on aged.customer_id = lifecycles.customer_id
    left join home_dealers on aged.customer_id = home_dealers.customer_id

)

select * from final
