{{ config(
    materialized='kept',
    redone={'int_customer_records_reclustered': ['record_id']},
    unlogged=true,
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
    post_hook="{{ part_completed('matching') }}",
) }}

-- depends_on: {{ ref('int_customer_decisions_clustered') }}
-- depends_on: {{ ref('int_customer_records_keyed') }}

{%- set guards = {
    'separated': ref('int_customer_records_separated'),
    'trimmed': ref('int_customer_components_trimmed'),
} %}
{%- set grouped, reclustered = ref('int_customer_records_grouped'), ref('int_customer_records_reclustered') -%}
{%- set standardized, unioned = ref('int_customer_records_standardized'), ref('int_customer_records_unioned') %}

-- Whoever is linked, or holds a number alone; in a run that goes on, the few who are clustered again.
with records as (

    {% if matching_goes_on() -%}
    select
        reclustered.record_id,
        reclustered.component
    from {{ standardized }} as standardized
    inner join {{ reclustered }} as reclustered on standardized.record_id = reclustered.record_id
    {%- else -%}
    select
        record_id,
        component
    from {{ grouped }}
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

    {% if not matching_goes_on() -%}
    union all

    -- Nobody else has to be looked up anywhere.
    select
        alone.record_id,
        alone.record_id as cluster_id,
        {{ to_double('1') }} as link_probability,
        cast(null as bigint) as linked_to_record_id,
        'no link' as link_reason
    from {{ unioned }} as alone
    where
        not exists (
            select 1 from {{ grouped }} as grouped
            where alone.record_id = grouped.record_id
        )
    {%- endif %}

)

select * from final
