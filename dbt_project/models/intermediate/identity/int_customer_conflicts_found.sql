{%- set bridges = {
    'name': ['first_name', "first_name_level in ('related', 'close', 'initial', 'swapped')"],
    'date': ['birth_date', "birth_date_level in ('near', 'part')"],
} -%}
with compared as (

    select * from {{ ref('int_customer_suspects_compared') }}

),

{% for bridge, (column, is_near) in bridges.items() -%}
near_{{ bridge }}s as (

    select
        component,
        left_{{ column }} as one_{{ bridge }},
        right_{{ column }} as other_{{ bridge }}
    from compared
    where {{ is_near }}

    union

    select
        component,
        right_{{ column }} as one_{{ bridge }},
        left_{{ column }} as other_{{ bridge }}
    from compared
    where {{ is_near }}

),

{% endfor -%}
-- Михал and Миша are far apart, and both near to Михаил, as are М. and Миша; М. itself brings nobody together. So are
-- two slips of one birth date that a third record tells.
bridged_names as (

    select distinct
        first_step.component,
        first_step.one_name,
        second_step.other_name
    from near_names as first_step
    inner join near_names as second_step
        on
            first_step.component = second_step.component
            and first_step.other_name = second_step.one_name
            and length(first_step.other_name) > 1

),

bridged_dates as (

    select distinct
        first_step.component,
        first_step.one_date,
        second_step.other_date
    from near_dates as first_step
    inner join near_dates as second_step
        on
            first_step.component = second_step.component
            and first_step.other_date = second_step.one_date

),

reliability as (

    {{ reliability_of_differences() }}

),

judged as (

    select
        compared.*,
        compared.is_other_first_name
        and not compared.is_linked
        and not compared.has_own_identifier
        and {{ is_reliable('first_name', 'reliability.') }}
        and (bridged_names.one_name is null or compared.has_two_genders) as has_two_first_names,
        compared.is_other_middle_name
        and compared.birth_date_level <> 'exact'
        and not compared.has_own_identifier
        and {{ is_reliable('middle_name', 'reliability.') }} as has_two_patronymics,
        compared.has_two_suffixes
        and compared.birth_date_level <> 'exact'
        and not compared.has_own_identifier as has_two_generations,
        {{ has_two_birth_dates('reliability.') }}
        and not compared.has_own_identifier
        and bridged_dates.one_date is null as has_two_birth_dates
    from compared
    cross join reliability
    left join bridged_names
        on
            compared.component = bridged_names.component
            and compared.left_first_name = bridged_names.one_name
            and compared.right_first_name = bridged_names.other_name
    left join bridged_dates
        on
            compared.component = bridged_dates.component
            and compared.left_birth_date = bridged_dates.one_date
            and compared.right_birth_date = bridged_dates.other_date

),

final as (

    select
        component,
        left_node,
        right_node,
        case
            when has_two_tax_ids then 'two tax numbers'
            when has_two_types then 'a person and a company'
            when has_two_first_names then 'two first names'
            when has_two_patronymics then 'two patronymics'
            when has_two_generations then 'two generations'
            else 'two birth dates'
        end as conflict
    from judged
    where
        has_two_tax_ids
        or has_two_types
        or has_two_first_names
        or has_two_patronymics
        or has_two_generations
        or has_two_birth_dates

)

select * from final
