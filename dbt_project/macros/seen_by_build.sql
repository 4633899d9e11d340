{# Whether the build may see a batch: one in raw up to its horizon, one that was kept out up to its beginning. #}
{% macro is_seen_by_build(batches, build) -%}
    (
        ({{ batches }}.status = 'loaded' and {{ batches }}.batch_seq <= {{ build }}.horizon)
        or ({{ batches }}.status in ('refused', 'held') and {{ batches }}.finished_at <= {{ build }}.started_at)
    )
{%- endmacro %}
