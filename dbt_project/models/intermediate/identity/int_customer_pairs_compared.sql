{{ config(materialized='view') }}

with pairs as (

    select * from {{ ref('int_customer_pairs_blocked') }}

),

-- Two names, each read once: a table expression that is read twice is not read in parallel.
left_records as (

    select * from {{ ref('int_customer_records_standardized') }}

),

right_records as (

    select * from {{ ref('int_customer_records_standardized') }}

),

related_names as (

    select * from {{ ref('int_first_names_related') }}

),

dealers as (

    select count(*) as dealer_count from {{ source('ops', 'dealers') }}

),

-- Once each: what follows from a level does not find it again.
levels as (

    select
        pairs.left_id,
        pairs.right_id,
        pairs.rules,
        left_side.customer_type,
        {{ last_name_level() }} as last_name_level,
        {{ first_name_level() }} as first_name_level,
        {{ middle_name_level() }} as middle_name_level,
        {{ birth_date_level() }} as birth_date_level,
        {{ gender_level() }} as gender_level,
        {{ phone_level() }} as phone_level,
        {{ email_level() }} as email_level,
        {{ number_level('tax_id') }} as tax_id_level,
        {{ number_level('national_id') }} as national_id_level,
        {{ address_level() }} as address_level,
        {{ vehicle_level() }} as vehicle_level,
        case
            when {{ either_missing('company_key') }} then 'missing'
            when left_side.company_key = right_side.company_key then 'exact'
            when {{ is_close('left_side.company_key', 'right_side.company_key') }} then 'close'
            else 'different'
        end as company_level,
        {{ dealer_level() }} as dealer_level,
        greatest(left_side.last_name_share, right_side.last_name_share) as last_name_share,
        greatest(left_side.first_name_share, right_side.first_name_share) as first_name_share,
        greatest(left_side.middle_name_share, right_side.middle_name_share) as middle_name_share,
        left_side.is_latin_name and right_side.is_latin_name as have_latin_names,
        {{ first_names_judged() }},
        {{ middle_names_judged() }},
        coalesce({{ has_two_suffixes() }}, false) as has_two_suffixes,
        coalesce({{ has_two_checked_tax_ids() }}, false) as has_two_checked_tax_ids
    from pairs
    inner join left_records as left_side on pairs.left_id = left_side.record_id
    inner join right_records as right_side on pairs.right_id = right_side.record_id
    -- Two equal names are not looked up.
    left join related_names
        on
            case
                when left_side.first_name_key <> right_side.first_name_key then left_side.first_name_key
            end = related_names.left_key
            and right_side.first_name_key = related_names.right_key
    {{ computed_once() }}

),

final as (

    select
        left_id,
        right_id,
        rules,
        customer_type,
        {% for attribute in match_attributes() -%}
        {{ attribute }}_level,
        {% endfor -%}
        last_name_share,
        first_name_share,
        middle_name_share,
        have_latin_names,
        coalesce({{ is_other_first_name() }}, false) as is_other_first_name,
        coalesce({{ is_other_middle_name() }}, false) as is_other_middle_name,
        coalesce({{ are_two_known_first_names() }}, false) as are_two_known_first_names,
        has_two_suffixes,
        has_two_checked_tax_ids
    from levels
    {{ computed_once() }}

)

select * from final
