-- Tables that are read twice are named twice: a table expression that is read twice is not read in parallel.
with trimmed as (

    select * from {{ ref('int_customer_components_trimmed') }}

),

-- More people than one person has spellings: there nothing counts but a steward's word.
crowds as (

    select trimmed.component
    from {{ ref('int_customer_components_trimmed') }} as trimmed
    inner join {{ ref('int_customer_records_standardized') }} as records on trimmed.node = records.record_id
    where records.customer_type = 'person'
    group by trimmed.component
    having count(*) > 1000

),

final as (

    select
        suspected.node,
        coalesce(trimmed.component, suspected.component) as component,
        suspected.has_unlinked_pair,
        suspected.has_name_link,
        case
            when crowds.component is not null then {{ bits_of_a_decision() }}
            when trimmed.node is not null then {{ bits_beyond_doubt() }}
            else 0
        end as least_bits
    from {{ ref('int_customer_components_suspected') }} as suspected
    left join trimmed on suspected.node = trimmed.node
    left join crowds on trimmed.component = crowds.component

)

select * from final
