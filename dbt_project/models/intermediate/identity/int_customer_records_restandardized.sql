{{ config(pre_hook="{{ records_looked_up() }}") }}

-- depends_on: {{ ref('int_customer_records_mentioned') }}
-- depends_on: {{ ref('int_customer_records_cleaned') }}
-- depends_on: {{ ref('int_customer_values_used') }}
-- depends_on: {{ ref('int_customer_values_ruled_out') }}
-- depends_on: {{ ref('int_customer_record_vehicles') }}
-- depends_on: {{ ref('int_employee_names_parsed') }}

with {% if standardising_goes_on() -%}
-- Another row may stand for it, or it was said once more.
mentioned as (

    select record_id from {{ ref('int_customer_records_mentioned') }}

),

-- The day has come on which a birth date is one, or is of a man too old for it to be told.
days as (

    select
        least(as_of_date, as_of_date_before) as earlier_day,
        greatest(as_of_date, as_of_date_before) as later_day
    from {{ kept_state('standardising') }}

),

told_by_day as (

    {% for days in [0, -110 * 366] -%}
    select record_id from {{ ref('int_customer_records_cleaned') }}
    where
        birth_date > (select {{ days_added('earlier_day', days) }} from days)
        and birth_date <= (select {{ days_added('later_day', days) }} from days)

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

holders_of_flipped as (

    select values_used.record_id
    from {{ ref('int_customer_values_used') }} as values_used
    inner join {{ ref('int_customer_values_ruled_out') }} as flipped
        on
            values_used.attribute = flipped.attribute
            and values_used.value_id = {{ hashed_64('flipped.value_used') }}
            and flipped.dealer_code in ('', values_used.dealer_code)
    where flipped.is_ruled_out <> flipped.was_ruled_out

),

vehicles_reheld as (

    select record_id from {{ rows_of_run(ref('int_customer_record_vehicles'), 'standardising') }}

    union all

    select record_id from {{ rows_gone(ref('int_customer_record_vehicles')) }}

),

-- Their names are few, and stay for years: all records are read only where one came or went.
employees as (

    select cleaned.record_id
    from {{ ref('int_customer_records_cleaned') }} as cleaned
    inner join {{ ref('int_employee_names_parsed') }} as names
        on
            cleaned.dealer_code = names.dealer_code
            and cleaned.last_name_key = names.last_name_key
            and cleaned.first_name_key = names.first_name_key
            and coalesce(cleaned.middle_name_key, '') = names.middle_name_key
    where names.is_employee <> names.was_employee

),

final as (

    {% for changed in ['mentioned', 'told_by_day', 'holders_of_flipped', 'vehicles_reheld', 'employees'] -%}
    select record_id from {{ changed }}

    {{ "union" if not loop.last }}

    {% endfor -%}
)
{%- else -%}
final as (

    select record_id from {{ ref('int_customer_records_arrived') }}

)
{%- endif %}

select * from final
