{{ config(pre_hook="{{ nights_in_one_process() }}") }}

-- depends_on: {{ ref('int_customer_links_proposed') }}
-- depends_on: {{ ref('int_customer_decisions_resolved') }}
-- depends_on: {{ ref('int_customer_records_relinked') }}

{%- set groups_before = this.incorporate(path={'identifier': 'int_customer_records_grouped'}) %}

with changed as (

    select record_id from {{ ref('int_customer_records_changed') }}

),

{% if matching_goes_on() -%}
links_now as (

    select * from {{ rows_of_run(ref('int_customer_links_proposed')) }}

),

links_before as (

    select * from {{ rows_gone(ref('int_customer_links_proposed')) }}

),

links_changed as (

    select
        coalesce(links_now.left_node, links_before.left_node) as left_node,
        coalesce(links_now.right_node, links_before.right_node) as right_node
    from links_now
    full outer join links_before
        on
            links_now.left_node = links_before.left_node
            and links_now.right_node = links_before.right_node
            and links_now.link_reason = links_before.link_reason
            and links_now.match_weight = links_before.match_weight
            and links_now.match_probability = links_before.match_probability
            and links_now.rests_on_name = links_before.rests_on_name
    where
        links_now.left_node is null
        or links_before.left_node is null

),

decisions_before as (

    select * from {{ this.incorporate(path={'identifier': 'int_customer_decisions_clustered'}) }}

),

decisions_changed as (

    select
        coalesce(decisions.left_id, decisions_before.left_id) as left_id,
        coalesce(decisions.right_id, decisions_before.right_id) as right_id
    from {{ ref('int_customer_decisions_resolved') }} as decisions
    full outer join decisions_before
        on
            decisions.left_id = decisions_before.left_id
            and decisions.right_id = decisions_before.right_id
            and decisions.decision = decisions_before.decision
    where
        decisions.left_id is null
        or decisions_before.left_id is null

),

directly as (

    select record_id from changed

    union

    {% for links, node in [
        ('links_changed', 'left_node'), ('links_changed', 'right_node'),
        ('decisions_changed', 'left_id'), ('decisions_changed', 'right_id'),
    ] -%}
    select {{ node }} as record_id from {{ links }}

    {{ "union" if not loop.last }}

    {% endfor -%}
),

-- Whoever was linked with such a record, however far. Each time it is the short list that is looked up in.
final as (

    select record_id from directly

    union

    select members.record_id
    from {{ groups_before }} as members
    where
        members.linked_component in (
            select own.linked_component
            from {{ groups_before }} as own
            where own.record_id in (select directly.record_id from directly)
        )

)
{%- else -%}
-- Nobody asks where all components are found.
final as (

    select * from changed
    where false

)
{%- endif %}

select * from final
