{%- set rounds = 6 -%}

with records as (

    select
        signatures.dealer_code,
        signatures.source_system,
        signatures.entity,
        signatures.source_record_id,
        signatures.record_key,
        clusters.cluster_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    inner join {{ ref('int_customer_records_clustered') }} as clusters
        on signatures.record_id = clusters.record_id

),

registry as (

    select * from {{ source('identity', 'customer_registry') }}

),

clusters as (

    select
        cluster_id,
        min(record_key) as least_record_key
    from records
    group by cluster_id

),

-- How many records of each cluster had each id in the last published build.
shared_records as (

    select
        records.cluster_id,
        published.customer_id,
        clusters.least_record_key,
        registry.minted_build_id,
        count(*) as record_count
    from records
    inner join {{ source('identity', 'current_record_map') }} as published
        on
            records.dealer_code = published.dealer_code
            and records.source_system = published.source_system
            and records.entity = published.entity
            and records.source_record_id = published.source_record_id
    inner join clusters on records.cluster_id = clusters.cluster_id
    left join registry on published.customer_id = registry.customer_id
    group by records.cluster_id, published.customer_id, clusters.least_record_key, registry.minted_build_id

),

-- An id stays where the cluster prefers it (most records, then the oldest id, then the least) and it prefers the
-- cluster (most records, then the least record key). A cluster that lost its id to another may still keep the next that
-- is left without a cluster: each round settles at least one, and a chain as long as the rounds is a night's work.
{%- for round in range(1, rounds + 1) %}
{%- set open = 'shared_records' if round == 1 else 'left_over_' ~ round %}
{%- if round > 1 %}
{{ open }} as (

    select open.*
    from {{ 'shared_records' if round == 2 else 'left_over_' ~ (round - 1) }} as open
    left join choices_{{ round - 1 }} as kept_clusters on open.cluster_id = kept_clusters.cluster_id
    left join choices_{{ round - 1 }} as kept_ids on open.customer_id = kept_ids.customer_id
    where
        kept_clusters.cluster_id is null
        and kept_ids.customer_id is null

),
{% endif %}
choices_{{ round }} as (

    {{ mutual_choices(open) }}

),
{% endfor %}
kept as (

    {% for round in range(1, rounds + 1) -%}
    {% if not loop.first %}union all{% endif %}
    select * from choices_{{ round }}
    {% endfor %}
),

-- How often each record has begun an id before.
begun as (

    select
        begun_by_record,
        count(*) as begun_count
    from registry
    group by begun_by_record

),

final as (

    select
        clusters.cluster_id,
        coalesce(
            kept.customer_id,
            {{ hashed(['clusters.least_record_key', 'coalesce(begun.begun_count, 0)']) }}
        ) as customer_id,
        kept.customer_id is null as is_new_id,
        case when kept.customer_id is null then clusters.least_record_key end as begun_by_record,
        case when kept.customer_id is null then cast(coalesce(begun.begun_count, 0) as integer) end as begun_ordinal
    from clusters
    left join kept on clusters.cluster_id = kept.cluster_id
    left join begun on clusters.least_record_key = begun.begun_by_record

)

select * from final
