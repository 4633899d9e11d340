{{ config(
    materialized='kept',
    redone={'int_customer_records_reclustered': ['record_id']},
    unlogged=true,
    pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ nights_in_one_process() }}"],
    post_hook="{{ part_completed('matching') }}",
) }}

-- depends_on: {{ ref('int_customer_decisions_clustered') }}
-- depends_on: {{ ref('int_customer_records_keyed') }}

{%- set guards = {
    'separated': ref('int_customer_records_separated'),
    'trimmed': ref('int_customer_components_trimmed'),
} %}
{#- All of them are read in passing, the few of a night are looked up by hash. -#}
{%- set looked_up, read_whole = ref('int_customer_records_standardized'), ref('int_customer_records_unioned') -%}
{%- set reclustered, grouped = ref('int_customer_records_reclustered'), ref('int_customer_records_grouped') %}

with records as (

    select
        records.record_id,
        records.signature_id,
        coalesce(grouped.component, records.record_id) as component
    {% if matching_goes_on() -%}
    from {{ looked_up }} as records
    inner join {{ reclustered }} as grouped on records.record_id = grouped.record_id
    {%- else -%}
    from {{ read_whole }} as records
    left join {{ grouped }} as grouped on records.record_id = grouped.record_id
    {%- endif %}

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

    {{ first_of_each('link_ends', 'record_id', 'match_weight desc, other_id') }}

),

-- A cluster has the number of one of its records.
final as (

    select
        records.record_id,
        records.signature_id,
        coalesce(attached.component, records.component) as cluster_id,
        case
            when strongest.link_reason is not null then strongest.match_probability
            when attached.attached_because is null then {{ to_double('1') }}
        end as link_probability,
        strongest.other_id as linked_to_record_id,
        coalesce(strongest.link_reason, attached.attached_because, 'no link') as link_reason
    from records
    left join {{ ref('int_customer_records_attached') }} as attached on records.record_id = attached.record_id
    left join strongest on records.record_id = strongest.record_id

)

select * from final
