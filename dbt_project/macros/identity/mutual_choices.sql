{# Pairs of cluster and published id that prefer each other, from rows of (cluster_id, customer_id, record_count …). #}
{% macro mutual_choices(shared_records) -%}
    select
        cluster_id,
        customer_id
    from (
        select
            cluster_id,
            customer_id,
            row_number() over (
                partition by cluster_id
                order by record_count desc, minted_build_id asc nulls last, customer_id
            ) as choice_of_cluster,
            row_number() over (
                partition by customer_id
                order by record_count desc, least_record_key
            ) as choice_of_id
        from {{ shared_records }}
    ) as ranked
    where
        choice_of_cluster = 1
        and choice_of_id = 1
{%- endmacro %}
