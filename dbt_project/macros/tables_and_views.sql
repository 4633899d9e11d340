{#
    Tables and views of PostgreSQL, replaced in one transaction. dbt's own ways do the same in more steps (what stands is
    moved aside, and dropped after the commit), each with a look into its cache and a context made anew for it: with some
    150 models a night that is a third of dbt's processor time. Hooks go along with the statement that they stand beside:
    each statement of its own costs dbt more than the server. A model may read what it replaces; views that read it go with
    it, and are made again by their own models.
#}
{% materialization table, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set new_relation = make_intermediate_relation(target_relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {% call statement('main') -%}
        {{ hooks_as_sql(pre_hooks) }};
        {{ create_table_as(False, new_relation, sql) }}
    {%- endcall %}
    {% call statement('replacement') -%}
        {% for index in config.get('indexes', []) -%}
            {{ get_create_index_sql(new_relation, index) }};
        {% endfor -%}
        {{ standing_dropped(target_relation) }};
        alter table {{ new_relation }} rename to {{ adapter.quote(target_relation.identifier) }};
        {{ comments_written(target_relation) }}
        {{ hooks_as_sql(post_hooks) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {% call statement('main') -%}
        {{ hooks_as_sql(pre_hooks) }};
        {{ standing_dropped(target_relation) }};
        {{ create_view_as(target_relation, sql) }}
        {{ comments_written(target_relation) }}
        {{ hooks_as_sql(post_hooks) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# The SQL of a model's hooks in one piece, for the statement that it goes along with: run_hooks sends each by itself. #}
{% macro hooks_as_sql(hooks) -%}
    {{ return(render(hooks | selectattr('transaction') | map(attribute='sql') | join(';')) | trim('; \n')) }}
{%- endmacro %}


{# A model that was a view may be a table now, and the other way round. #}
{% macro standing_dropped(target_relation) -%}
    {%- set standing_relation = load_cached_relation(target_relation) or target_relation -%}
    {%- do adapter.cache_dropped(standing_relation) -%}
    {{ return(adapter.dispatch('standing_dropped')(standing_relation)) }}
{%- endmacro %}

{% macro postgres__standing_dropped(standing_relation) -%}
    drop {{ standing_relation.type }} if exists {{ standing_relation }} cascade
{%- endmacro %}

{% macro spark__standing_dropped(standing_relation) -%}
    drop {{ standing_relation.type }} if exists {{ standing_relation }}
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
