{{ config(
    materialized='kept',
    redone={'int_customer_records_touched': ['record_id'], 'int_customer_records_reclustered': ['record_id']},
    unlogged=true,
    post_hook="{{ part_completed('matching') }}",
) }}

-- depends_on: {{ ref('int_customer_decisions_clustered') }}
-- depends_on: {{ ref('int_customer_record_fingerprints') }}

{%- set guards = {
    'separated': ref('int_customer_records_separated'),
    'trimmed': ref('int_customer_components_trimmed'),
} %}
{%- set reclustered = ref('int_customer_records_reclustered') %}
{%- set grouped = reclustered if matching_goes_on() else ref('int_customer_records_grouped') %}

with grouped as (

    select * from {{ grouped }}

),

-- Links from either end, without those between two parts of what the guards took apart. Both ends are in a part or
-- neither is.
link_ends as (

    {% for own, other in [('left_node', 'right_node'), ('right_node', 'left_node')] -%}
    select
        links.{{ own }} as record_id,
        links.{{ other }} as other_id,
        links.link_reason,
        links.match_weight,
        links.match_probability
    from {{ links_to_cluster() }} as links
    {% for side in ['left', 'right'] -%}
    {% for guard in ['separated', 'trimmed'] -%}
    left join {{ guards[guard] }} as {{ side }}_{{ guard }} on links.{{ side }}_node = {{ side }}_{{ guard }}.node
    {% endfor -%}
    {% endfor -%}
    where
        coalesce(
            coalesce(left_separated.component, left_trimmed.component)
            = coalesce(right_separated.component, right_trimmed.component),
            true
        )

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- The strongest link that holds a record in its cluster.
strongest as (

    select
        *,
        row_number() over (partition by record_id order by match_weight desc, other_id) as strength
    from link_ends

),

-- A cluster has the number of one of its records.
final as (

    select
        grouped.record_id,
        grouped.signature_id,
        coalesce(attached.component, grouped.component) as cluster_id,
        case
            when strongest.link_reason is not null then strongest.match_probability
            when attached.attached_because is null then cast(1 as decimal(18, 6))
        end as link_probability,
        strongest.other_id as linked_to_record_id,
        coalesce(strongest.link_reason, attached.attached_because, 'no link') as link_reason
    from grouped
    left join {{ ref('int_customer_records_attached') }} as attached on grouped.record_id = attached.record_id
    left join strongest
        on
            grouped.record_id = strongest.record_id
            and strongest.strength = 1

)

select * from final
