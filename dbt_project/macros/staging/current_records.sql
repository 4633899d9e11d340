{#
    The current version of every record of a raw table, up to the horizon of the build that is running: the last
    by day of delivery, then by the order in which batches reached raw. A record that a full delivery no longer
    holds keeps its last version, marked `_is_absent`.
#}
{% macro current_records(source_system, entity) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by dealer_code, source_record_id
                order by _delivered_on desc, _batch_seq desc, _source_row desc
            ) as _version_rank
        from {{ source('raw', source_system ~ '__' ~ entity) }}
        where _batch_seq <= (select horizon from {{ source('ops', 'current_build') }})
    ) as versions
    where _version_rank = 1
{%- endmacro %}
