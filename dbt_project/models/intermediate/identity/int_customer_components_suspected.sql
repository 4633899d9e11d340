{{ config(pre_hook="{{ small_groups_in_order() }}") }}

with settings as (

    {{ match_settings_in_one_row() }}

),

-- All records but the least have links to lesser ones, which are counted there. Two whom their score links contradict
-- each other in nothing (macro hard_rule): where each is linked so with each, no guard has to compare them.
judged as (

    select
        component,
        count(*) + 1 as record_count,
        sum(scored_links) < count(*) * (count(*) + 1) / 2 as has_unlinked_pair,
        sum(name_links) > 0 as has_name_link
    from {{ ref('int_customer_components_found') }}
    where node > component
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
