with settings as (

    {{ match_settings_in_one_row() }}

),

-- Counted once for all guards.
counted as (

    select
        component,
        1 as is_record,
        0 as is_scored_link,
        0 as rests_on_name
    from {{ ref('int_customer_components_found') }}

    union all

    select
        components.component,
        0 as is_record,
        case when links.link_reason = 'match' then 1 else 0 end as is_scored_link,
        case when links.rests_on_name then 1 else 0 end as rests_on_name
    from {{ links_to_cluster() }} as links
    inner join {{ ref('int_customer_components_found') }} as components on links.left_node = components.node

),

-- Two whom their score links contradict each other in nothing (macro hard_rule): where each is linked so with each, no
-- guard has to compare them.
judged as (

    select
        component,
        sum(is_record) as record_count,
        sum(is_scored_link) < sum(is_record) * (sum(is_record) - 1) / 2 as has_unlinked_pair,
        max(rests_on_name) = 1 as has_name_link
    from counted
    group by component

),

final as (

    select
        judged.component,
        judged.record_count > settings.largest_cluster as is_large,
        judged.has_unlinked_pair,
        judged.has_name_link
    from judged
    cross join settings
    where
        judged.record_count > settings.largest_cluster
        or judged.has_unlinked_pair
        or judged.has_name_link

)

select * from final
