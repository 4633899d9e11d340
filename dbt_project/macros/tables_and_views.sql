{#
    Tables and views of PostgreSQL, replaced in one transaction. dbt's own ways do the same in more steps (what stands is
    moved aside, and dropped after the commit), each with a look into its cache and a context made anew for it: with some
    150 models a night that is a third of dbt's processor time. A model may read what it replaces; views that read
    it go with it, and are made again by their own models.
#}
{% materialization table, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set new_relation = make_intermediate_relation(target_relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {{ create_table_as(False, new_relation, sql) }}
    {%- endcall %}
    {% do create_indexes(new_relation) %}
    {% call statement('replacement') -%}
        {{ standing_dropped(target_relation) }};
        alter table {{ new_relation }} rename to {{ adapter.quote(target_relation.identifier) }};
        {{ comments_written(target_relation) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {{ standing_dropped(target_relation) }};
        {{ create_view_as(target_relation, sql) }}
        {{ comments_written(target_relation) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# A model that was a view may be a table now, and the other way round. #}
{% macro standing_dropped(target_relation) -%}
    {%- set standing_relation = load_cached_relation(target_relation) or target_relation -%}
    {%- do adapter.cache_dropped(standing_relation) -%}
    drop {{ standing_relation.type }} if exists {{ standing_relation }} cascade
{%- endmacro %}


{# What `persist_docs` asks for. The columns are those of the YAML: an enforced contract goes before. #}
{% macro comments_written(relation) -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {{ alter_relation_comment(relation, model.description) }}
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description %}
        comment on column {{ relation }}.{{ adapter.quote(column.name) }} is {{ postgres_escape_comment(column.description) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
