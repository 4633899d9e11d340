with compared as (

    select * from {{ ref('int_customer_suspects_compared') }}

),

values_bridged as (

    select * from {{ ref('int_customer_values_bridged') }}

),

judged as (

    select
        compared.*,
        compared.is_other_first_name
        and not compared.is_linked
        and not compared.has_own_identifier
        and {{ is_reliable('first_name') }}
        and (names_bridged.component is null or compared.has_two_genders) as has_two_first_names,
        compared.is_other_middle_name
        and compared.birth_date_level <> 'exact'
        and not compared.has_own_identifier
        and {{ is_reliable('middle_name') }} as has_two_patronymics,
        compared.has_two_suffixes
        and compared.birth_date_level <> 'exact'
        and not compared.has_own_identifier as has_two_generations,
        {{ has_two_birth_dates() }}
        and not compared.has_own_identifier
        and dates_bridged.component is null as has_two_birth_dates,
        -- Their pair is never accepted; a record that tells no gender is near to both.
        compared.may_be_a_couple
        and compared.birth_date_level not in ('exact', 'near')
        and not compared.is_linked
        and not compared.has_own_identifier as are_a_couple
    from compared
    left join values_bridged as names_bridged
        on
            names_bridged.kind = 'first_name'
            and compared.component = names_bridged.component
            and compared.left_first_name = names_bridged.one_value
            and compared.right_first_name = names_bridged.other_value
    left join values_bridged as dates_bridged
        on
            dates_bridged.kind = 'birth_date'
            and compared.component = dates_bridged.component
            and {{ to_text('compared.left_birth_date') }} = dates_bridged.one_value
            and {{ to_text('compared.right_birth_date') }} = dates_bridged.other_value

),

contradicting as (

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
            when has_two_birth_dates then 'two birth dates'
            else 'a woman and a man'
        end as conflict
    from judged
    where
        has_two_tax_ids
        or has_two_types
        or has_two_first_names
        or has_two_patronymics
        or has_two_generations
        or has_two_birth_dates
        or are_a_couple

),

final as (

    select * from contradicting

    union all

    select
        namesakes.component,
        namesakes.left_node,
        namesakes.right_node,
        'two namesakes' as conflict
    from {{ ref('int_customer_namesakes_found') }} as namesakes
    left join contradicting
        on
            namesakes.left_node = contradicting.left_node
            and namesakes.right_node = contradicting.right_node
    where contradicting.left_node is null

)

select * from final
