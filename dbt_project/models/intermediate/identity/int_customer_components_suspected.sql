{{ config(unlogged=true, pre_hook="{{ small_groups_in_order() }}") }}

with settings as (

    {{ match_settings_in_one_row() }}

),

-- All records but the least have links to lesser ones, which are counted there. Two whom their score links contradict
-- each other in nothing (macro hard_rule): where each is linked so with each, no guard has to compare them.
judged as (

    select
        component,
        count(*) + 1 > (select settings.largest_cluster from settings) as is_large,
        sum(scored_links) < count(*) * (count(*) + 1) / 2 as has_unlinked_pair,
        sum(name_links) > 0 as has_name_link
    from {{ ref('int_customer_components_found') }}
    where node > component
    group by component

),

suspected as (

    select * from judged
    where
        is_large
        or has_unlinked_pair
        or has_name_link

),

-- These are few: the guards read them alone.
final as (

    select
        found.node,
        suspected.*
    from {{ ref('int_customer_components_found') }} as found
    inner join suspected on found.component = suspected.component

)

select * from final
