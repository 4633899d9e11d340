with records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

components as (

    select * from {{ ref('int_customer_components_found') }}

),

final as (

    select
        records.record_id,
        records.signature_id,
        min(records.signature_id) over (partition by coalesce(components.component, records.record_id)) as cluster_id,
        cast(1 as double precision) as link_probability,
        case when components.component is null then 'only record' else 'same card' end as link_reason
    from records
    left join components on records.record_id = components.node

)

select * from final
