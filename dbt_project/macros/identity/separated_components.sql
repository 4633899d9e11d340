{#
    Materialises a model whose SQL gives the links of a graph and its conflicts (left_node, right_node: bigint;
    match_weight: decimal, null for a link that is only to be forgotten; is_conflict) as the table (node, component)
    in which no component holds a conflict.

    Each node begins alone. Each round joins every two components that are each other's strongest link and between
    which no conflict stands: so strong links come first, and what a conflict leaves to choose is cut at its weakest.
#}
{% materialization separated_components, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set given = graph_table('given') -%}
    {%- set nodes = graph_table('nodes') -%}
    {%- set links = graph_table('links') -%}
    {%- set merges = graph_table('merges') -%}
    {% do graph_table_filled(given, "select * from (" ~ sql ~ ") as given") %}
    {% do graph_table_filled(nodes, "select left_node as node, left_node as component from " ~ given
        ~ " union select right_node, right_node from " ~ given) %}
    {%- set state = namespace(rounds=0, is_growing=true) -%}
    {% for _ in range(1000) if state.is_growing %}
        {% do graph_table_filled(links, open_links(given, nodes)) %}
        {% do graph_table_filled(merges, strongest_links(links)) %}
        {% set state.is_growing = row_count(merges) > 0 %}
        {% if state.is_growing %}
            {% set state.rounds = state.rounds + 1 %}
            {% do graph_table_refilled(nodes,
                "select nodes.node, coalesce(merges.left_component, nodes.component) as component from " ~ nodes
                ~ " as nodes left join " ~ merges ~ " as merges on nodes.component = merges.right_component") %}
        {% endif %}
    {% endfor %}
    {% if state.is_growing %}
        {{ exceptions.raise_compiler_error(
            this ~ ": components still grow after " ~ state.rounds ~ " rounds. Nothing was replaced."
        ) }}
    {% endif %}
    {{ log(this ~ ": " ~ state.rounds ~ " rounds") }}

    {% if existing_relation is not none %}{% do adapter.drop_relation(existing_relation) %}{% endif %}
    {% call statement('main') -%}
        {{ create_table_as(False, target_relation, "select node, component from " ~ nodes) }}
    {%- endcall %}
    {% for table in [given, nodes, links, merges] %}{% do graph_table_dropped(table) %}{% endfor %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# The strongest link between every two components that no conflict keeps apart. #}
{% macro open_links(given, nodes) -%}
    select left_component, right_component, max(match_weight) as match_weight
    from (
        select
            least(left_nodes.component, right_nodes.component) as left_component,
            greatest(left_nodes.component, right_nodes.component) as right_component,
            given.match_weight,
            given.is_conflict
        from {{ given }} as given
        inner join {{ nodes }} as left_nodes on given.left_node = left_nodes.node
        inner join {{ nodes }} as right_nodes on given.right_node = right_nodes.node
        where left_nodes.component <> right_nodes.component
    ) as crossing
    group by left_component, right_component
    having max(case when is_conflict then 1 else 0 end) = 0 and max(match_weight) is not null
{%- endmacro %}


{# Links that are the strongest of both their ends; ties go to the least components, so one always is. #}
{% macro strongest_links(links) -%}
    select left_component, right_component
    from (
        select
            left_component,
            right_component,
            row_number() over (
                partition by component
                order by match_weight desc, left_component, right_component
            ) as strength
        from (
            select left_component as component, left_component, right_component, match_weight from {{ links }}
            union all
            select right_component as component, left_component, right_component, match_weight from {{ links }}
        ) as ends
    ) as ranked
    where strength = 1
    group by left_component, right_component
    having count(*) = 2
{%- endmacro %}
