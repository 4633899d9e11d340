with grouped as (

    select
        grouped.record_id,
        grouped.signature_id,
        coalesce(attached.component, grouped.component) as component,
        attached.attached_because
    from {{ ref('int_customer_records_grouped') }} as grouped
    left join {{ ref('int_customer_records_attached') }} as attached on grouped.record_id = attached.record_id

),

links as (

    select * from {{ ref('int_customer_links_proposed') }}

),

link_ends as (

    select
        left_node as record_id,
        right_node as other_id,
        link_reason,
        match_weight,
        match_probability
    from links

    union all

    select
        right_node as record_id,
        left_node as other_id,
        link_reason,
        match_weight,
        match_probability
    from links

),

-- The strongest link that holds a record in its cluster.
strongest as (

    select
        link_ends.record_id,
        link_ends.other_id,
        link_ends.link_reason,
        link_ends.match_probability,
        row_number() over (
            partition by link_ends.record_id
            order by link_ends.match_weight desc, link_ends.other_id
        ) as strength
    from link_ends
    inner join grouped as own on link_ends.record_id = own.record_id
    inner join grouped as other on link_ends.other_id = other.record_id
    where own.component = other.component

),

final as (

    select
        grouped.record_id,
        grouped.signature_id,
        min(grouped.signature_id) over (partition by grouped.component) as cluster_id,
        case
            when strongest.link_reason is not null then strongest.match_probability
            when grouped.attached_because is null then cast(1 as decimal(18, 6))
        end as link_probability,
        strongest.other_id as linked_to_record_id,
        coalesce(
            strongest.link_reason,
            grouped.attached_because,
            case when count(*) over (partition by grouped.component) = 1 then 'only record' else 'attached to' end
        ) as link_reason
    from grouped
    left join strongest
        on
            grouped.record_id = strongest.record_id
            and strongest.strength = 1

)

select * from final
