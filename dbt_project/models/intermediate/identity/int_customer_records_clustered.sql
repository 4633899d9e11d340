{{ config(
    materialized='kept',
    redone={'int_customer_records_touched': ['record_id'], 'int_customer_records_reclustered': ['record_id']},
    unlogged=true,
    post_hook="{{ part_completed('matching') }}",
) }}

-- depends_on: {{ ref('int_customer_decisions_clustered') }}
-- depends_on: {{ ref('int_customer_record_fingerprints') }}

-- depends_on: {{ ref('int_customer_records_standardized') }}
{%- set reclustered = ref('int_customer_records_reclustered') %}
{%- set grouped = reclustered if matching_goes_on() else ref('int_customer_records_grouped') %}

-- Tables that are read twice are named twice: a table expression that is read twice is not read in parallel.
with grouped as (

    select * from {{ grouped }}

),

{% for side in ['left', 'right'] -%}
{{ side }}_components as (

    select
        record_id,
        component
    from {{ rows_of_run(ref('int_customer_records_grouped')) }}

),

{% endfor -%}
-- A number may be that of somebody who is not clustered again.
firsts as (

    select
        record_id,
        signature_id
    from {{ grouped }}

    {% if matching_goes_on() -%}
    union

    select
        records.record_id,
        records.signature_id
    from {{ ref('int_customer_records_attached') }} as attached
    inner join {{ ref('int_customer_records_standardized') }} as records on attached.component = records.record_id
    {%- endif %}

),

links as (

    select * from {{ links_to_cluster() }}

),

-- Links within a component, from either end.
link_ends as (

    select
        ends.record_id,
        ends.other_id,
        links.link_reason,
        links.match_weight,
        links.match_probability
    from links
    inner join left_components on links.left_node = left_components.record_id
    inner join right_components on links.right_node = right_components.record_id
    {{ unpivoted(
        {'links.right_node': 'links.left_node', 'links.left_node': 'links.right_node'}, 'ends', 'other_id', 'record_id'
    ) }}
    where left_components.component = right_components.component

),

-- The strongest link that holds a record in its cluster.
strongest as (

    select
        *,
        row_number() over (partition by record_id order by match_weight desc, other_id) as strength
    from link_ends

),

-- A component is named by one of its records.
final as (

    select
        grouped.record_id,
        grouped.signature_id,
        firsts.signature_id as cluster_id,
        case
            when strongest.link_reason is not null then strongest.match_probability
            when attached.attached_because is null then cast(1 as decimal(18, 6))
        end as link_probability,
        strongest.other_id as linked_to_record_id,
        coalesce(strongest.link_reason, attached.attached_because, 'no link') as link_reason
    from grouped
    left join {{ ref('int_customer_records_attached') }} as attached on grouped.record_id = attached.record_id
    inner join firsts on coalesce(attached.component, grouped.component) = firsts.record_id
    left join strongest
        on
            grouped.record_id = strongest.record_id
            and strongest.strength = 1

)

select * from final
