{#
    Materialises a model whose SQL gives the edges of a graph (left_node, right_node: bigint) as the table
    (node, component): every node that an edge names, with the least node of its component. An edge from a node to itself
    is one too: the node may be alone.

    Each round hooks every node to its least neighbour, follows these pointers to their ends, and contracts the
    edges to edges between the ends, until no edge is left. Chains of any length take a handful of rounds. The
    tables of a round are analysed, or the next join would be planned blindly.
#}
{% materialization connected_components, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set edges = graph_table('edges') -%}
    {%- set nodes = graph_table('nodes') -%}
    {% do graph_table_filled(edges, "select left_node, right_node from (" ~ sql ~ ") as given") %}
    {%- set round = namespace(number=0, edge_count=row_count(edges)) -%}
    {% if round.edge_count == 0 %}
        {% do graph_table_filled(nodes, "select left_node as node, right_node as component from " ~ edges) %}
    {% endif %}
    {% for _ in range(64) if round.edge_count > 0 %}
        {% set round.number = round.number + 1 %}
        {% do components_contracted(edges, nodes, round.number == 1) %}
        {% set round.edge_count = row_count(edges) %}
    {% endfor %}
    {% if round.edge_count > 0 %}
        {{ exceptions.raise_compiler_error(
            this ~ ": edges are left after " ~ round.number ~ " rounds; expected none. Nothing was replaced."
        ) }}
    {% endif %}
    {{ log(this ~ ": " ~ round.number ~ " rounds") }}

    {% if existing_relation is not none %}{% do adapter.drop_relation(existing_relation) %}{% endif %}
    {% call statement('main') -%}
        {{ create_table_as(False, target_relation, "select node, component from " ~ nodes) }}
    {%- endcall %}
    {% do graph_table_dropped(edges) %}
    {% do graph_table_dropped(nodes) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
    One round: `nodes` learn the component they now hang under, `edges` become edges between components. In the first,
    every node has a pointer, and they are the nodes.
#}
{% macro components_contracted(edges, nodes, is_first) %}
    {%- set pointers = graph_table('pointers') -%}
    {% do graph_table_filled(pointers,
        "select node, min(neighbour) as target from ("
        ~ "select left_node as node, least(left_node, right_node) as neighbour from " ~ edges ~ " union all "
        ~ "select right_node as node, least(left_node, right_node) as neighbour from " ~ edges
        ~ ") as neighbours group by node") %}
    {% do pointers_followed(pointers) %}
    {% if is_first %}
        {% do graph_table_filled(nodes, "select node, target as component from " ~ pointers) %}
    {% else %}
        {% do graph_table_refilled(nodes, nodes_pointed(nodes, pointers)) %}
    {% endif %}
    {% do graph_table_refilled(edges,
        "select distinct left_end.target as left_node, right_end.target as right_node from " ~ edges ~ " as edges"
        ~ " inner join " ~ pointers ~ " as left_end on edges.left_node = left_end.node"
        ~ " inner join " ~ pointers ~ " as right_end on edges.right_node = right_end.node"
        ~ " where left_end.target <> right_end.target") %}
    {% do graph_table_dropped(pointers) %}
{% endmacro %}


{# Every pointer leads to where the pointers behind it end: at a node that points at itself. #}
{% macro pointers_followed(pointers) %}
    {% set state = namespace(is_moving=true) %}
    {% for _ in range(64) if state.is_moving %}
        {% do graph_table_refilled(pointers,
            "select near.node, far.target, near.target <> far.target as has_moved from " ~ pointers
            ~ " as near inner join " ~ pointers ~ " as far on near.target = far.node") %}
        {% set state.is_moving = row_count(pointers, "where has_moved") > 0 %}
    {% endfor %}
{% endmacro %}

{% macro nodes_pointed(nodes, pointers) -%}
    select nodes.node, coalesce(pointers.target, nodes.component) as component
    from {{ nodes }} as nodes
    left join {{ pointers }} as pointers on nodes.component = pointers.node
{%- endmacro %}


{# A working table beside the model that is being built. #}
{% macro graph_table(name) -%}
    {{ return(api.Relation.create(
        database=this.database, schema=this.schema, identifier=this.identifier ~ '__' ~ name, type='table'
    )) }}
{%- endmacro %}

{% macro graph_table_dropped(table) %}
    {% do run_query("drop table if exists " ~ table) %}
{% endmacro %}

{# The table holds what the query finds, and the planner knows how much that is. #}
{% macro graph_table_filled(table, query) %}
    {% do statements_run(graph_table_statements(table, query)) %}
{% endmacro %}

{# The same where the query reads the table itself. #}
{% macro graph_table_refilled(table, query) %}
    {% set next = table.incorporate(path={"identifier": table.identifier ~ '_next'}) %}
    {% do statements_run(graph_table_statements(next, query) + [
        "drop table if exists " ~ table,
        "alter table " ~ next ~ " rename to " ~ renamed_target(table),
    ]) %}
{% endmacro %}

{% macro graph_table_statements(table, query) -%}
    {{ return(["drop table if exists " ~ table, table_filled_statement(table, query)] + table_analysed(table)) }}
{%- endmacro %}

{# One after the other; where the engine takes them so, in one go: a graph of few nodes is many small statements. #}
{% macro statements_run(statements) -%}
    {{ return(adapter.dispatch('statements_run')(statements)) }}
{%- endmacro %}

{% macro postgres__statements_run(statements) -%}
    {% do run_query(statements | join('; ')) %}
{%- endmacro %}

{% macro spark__statements_run(statements) -%}
    {% for statement in statements %}{% do run_query(statement) %}{% endfor %}
{%- endmacro %}

{% macro row_count(table, condition='') -%}
    {{ return(run_query("select count(*) from " ~ table ~ " " ~ condition).rows[0][0]) }}
{%- endmacro %}

{% macro table_filled_statement(table, query) -%}
    {{ return(adapter.dispatch('table_filled_statement')(table, query)) }}
{%- endmacro %}

{% macro postgres__table_filled_statement(table, query) -%}
    {{ return("create unlogged table " ~ table ~ " as " ~ query) }}
{%- endmacro %}

{% macro spark__table_filled_statement(table, query) -%}
    {{ return("create table " ~ table ~ " as " ~ query) }}
{%- endmacro %}

{% macro renamed_target(table) -%}
    {{ return(adapter.dispatch('renamed_target')(table)) }}
{%- endmacro %}

{% macro postgres__renamed_target(table) -%}
    {{ return(adapter.quote(table.identifier)) }}
{%- endmacro %}

{% macro spark__renamed_target(table) -%}
    {{ return(table) }}
{%- endmacro %}

{% macro table_analysed(table) -%}
    {{ return(adapter.dispatch('table_analysed')(table)) }}
{%- endmacro %}

{% macro postgres__table_analysed(table) -%}
    {{ return(["analyze " ~ table]) }}
{%- endmacro %}

{% macro spark__table_analysed(table) -%}
    {{ return([]) }}
{%- endmacro %}
