{{ config(materialized='separated_components') }}

with components as (

    select
        node,
        component,
        count(*) over (partition by component) as record_count
    from {{ ref('int_customer_components_found') }}

),

conflicts as (

    select * from {{ ref('int_customer_conflicts_found') }}

),

links as (

    select * from {{ ref('int_customer_links_proposed') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

-- In a cluster without end only what is beyond doubt counts.
doubtful as (

    select
        components.node,
        components.record_count > settings.largest_cluster as is_oversized
    from components
    cross join settings
    where
        components.record_count > settings.largest_cluster
        or components.component in (select conflicts.component from conflicts)

),

final as (

    select
        links.left_node,
        links.right_node,
        case
            when doubtful.is_oversized and links.match_weight < 20 then null
            else links.match_weight
        end as match_weight,
        false as is_conflict
    from links
    inner join doubtful on links.left_node = doubtful.node

    union all

    select
        left_node,
        right_node,
        cast(null as decimal(18, 6)) as match_weight,
        true as is_conflict
    from conflicts

)

select * from final
