{{ config(pre_hook="{{ tables_read_whole() }}") }}

-- depends_on: {{ ref('int_customer_records_unioned') }}
-- depends_on: {{ ref('int_customer_records_cleaned') }}
-- depends_on: {{ ref('int_customer_values_used') }}
-- depends_on: {{ ref('int_customer_values_ruled_out') }}
-- depends_on: {{ ref('int_customer_record_vehicles') }}
-- depends_on: {{ ref('int_employee_names_parsed') }}
{%- set standing = this.incorporate(path={'identifier': 'int_customer_records_standardized'}) %}

with arrived as (

    select record_id from {{ ref('int_customer_records_arrived') }}

),

{% if standardising_goes_on() -%}
-- Another row stands for it, it was said once more, or its birth date has come or grown too old.
told_otherwise as (

    select unioned.record_id
    from {{ ref('int_customer_records_unioned') }} as unioned
    inner join {{ ref('int_customer_records_cleaned') }} as cleaned on unioned.record_id = cleaned.record_id
    inner join {{ standing }} as standing on unioned.record_id = standing.record_id
    cross join {{ source('ops', 'current_build') }} as current_build
    where
        unioned.record_key <> standing.record_key
        or unioned.mention_count <> standing.mention_count
        or unioned.last_seen_at <> standing.last_seen_at
        or {{ half_year('unioned.first_seen_at') }} <> standing.first_seen_half_year
        or coalesce(cleaned.birth_date <= current_build.as_of_date, false) <> (standing.birth_date is not null)
        or {{ is_plausible_birth_date('cleaned.birth_date') }} <> standing.is_plausible_birth_date

),

holders_of_flipped as (

    select values_used.record_id
    from {{ ref('int_customer_values_used') }} as values_used
    inner join {{ ref('int_customer_values_ruled_out') }} as flipped
        on
            values_used.attribute = flipped.attribute
            and values_used.value_used = flipped.value_used
            and flipped.dealer_code in ('', values_used.dealer_code)
    where flipped.is_ruled_out <> flipped.was_ruled_out

),

vehicles as (

    select * from {{ ref('int_customer_record_vehicles') }}
    where is_usable

),

vehicles_standing as (

    select
        standing.record_id,
        held.vin
    from {{ standing }} as standing
    {{ unnested('standing.vins', 'held', 'vin') }}

),

vehicles_changed as (

    select coalesce(vehicles.record_id, vehicles_standing.record_id) as record_id
    from vehicles
    full outer join vehicles_standing
        on
            vehicles.record_id = vehicles_standing.record_id
            and vehicles.vin = vehicles_standing.vin
    where
        vehicles.record_id is null
        or vehicles_standing.record_id is null

),

-- They are few.
employees as (

    select cleaned.record_id
    from {{ ref('int_customer_records_cleaned') }} as cleaned
    inner join {{ ref('int_employee_names_parsed') }} as names
        on
            cleaned.dealer_code = names.dealer_code
            and cleaned.last_name_key = names.last_name_key
            and cleaned.first_name_key = names.first_name_key
            and coalesce(cleaned.middle_name_key, '') = names.middle_name_key

    union all

    select record_id from {{ standing }}
    where is_employee

),

final as (

    {% for changed in ['arrived', 'told_otherwise', 'holders_of_flipped', 'vehicles_changed', 'employees'] -%}
    select record_id from {{ changed }}

    {{ "union" if not loop.last }}

    {% endfor -%}
)
{%- else -%}
final as (

    select * from arrived

)
{%- endif %}

select * from final
