{#
    Materialises a model whose SQL gives the edges of a graph (left_node, right_node: bigint) as the table
    (node, component): every node that an edge names, with the least node of its component. An edge from a node to itself
    is one too: the node may be alone.

    Each node that has lesser neighbours hangs under the least of them, and edges become edges between what their ends hang
    under. That is the end of most components: a person's records are mostly linked each with each. What is left, chains for
    example, is a small graph: each round hooks every node to its least neighbour, follows these pointers to their ends, and
    contracts the edges to edges between the ends, until no edge is left. Chains of any length take a handful of rounds. The
    tables of a round are analysed, or the next join would be planned blindly.

    With `edges_in_order` the SQL only reads a table, in which left_node is never the greater one: then the edges need no
    table of their own, and the table found has the columns of `counted` too: name, and an aggregate over the edges that
    lead from a node to lesser ones, null for a node without such an edge.
#}
{% materialization connected_components, default %}
    {%- set heads, edges_left = graph_table('heads'), graph_table('edges_left') -%}
    {%- set edges = "(" ~ sql ~ ")" if config.get('edges_in_order') else graph_table('edges') -%}
    {%- set pointers, nodes = graph_table('pointers'), graph_table('nodes') -%}
    {%- set counted = config.get('counted', {}) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- set round = namespace(number=0, is_edge_left=is_any(edges_left, after=
        [hooks_as_sql(pre_hooks)]
        + ([] if config.get('edges_in_order') else graph_table_filled(edges,
            "select least(left_node, right_node) as left_node, greatest(left_node, right_node) as right_node from ("
            ~ sql ~ ") as given"))
        + graph_table_filled(heads, heads_of_edges(edges, counted))
        + graph_table_filled(edges_left, edges_pointed(edges, heads))
    )) -%}
    {% for _ in range(64) if round.is_edge_left %}
        {% set round.number = round.number + 1 %}
        {% do pointers_followed(pointers, after=graph_table_filled(pointers, least_neighbours(edges_left))) %}
        {% set round.is_edge_left = is_any(edges_left, after=(
            graph_table_filled(nodes, "select node, target as component from " ~ pointers) if round.number == 1
            else graph_table_refilled(nodes, nodes_pointed(nodes, pointers))
        ) + graph_table_refilled(edges_left, edges_pointed(edges_left, pointers))) %}
    {% endfor %}
    {% if round.is_edge_left %}
        {{ exceptions.raise_compiler_error(
            this ~ ": edges are left after " ~ round.number ~ " rounds; expected none. Nothing was replaced."
        ) }}
    {% endif %}
    {{ log(this ~ ": " ~ round.number ~ " rounds") }}

    {{ return(graph_written(
        nodes_found(heads, nodes if round.number > 0 else none, counted | list),
        [heads, edges_left, pointers, nodes] + ([] if config.get('edges_in_order') else [edges])
    )) }}
{% endmaterialization %}


{# Every node that has lesser neighbours, with the least of them and what is counted. #}
{% macro heads_of_edges(edges, counted) -%}
    select
        right_node as node,
        min(left_node) as target
        {%- for name, aggregate in counted.items() -%}, {{ aggregate }} as {{ name }}{%- endfor %}
    from {{ edges }} as edges
    group by right_node
{%- endmacro %}


{#
    Every node with its component: those with a head, the least of each component, and the others that hung under nothing,
    of which only the rounds know (`nodes`, where there were any) whose they are.
#}
{% macro nodes_found(heads, nodes, counted) -%}
    {%- set pointed -%}
    select
        heads.node,
        {{ "coalesce(nodes.component, heads.target)" if nodes else "heads.target" }} as component
        {%- for name in counted -%}, heads.{{ name }}{%- endfor %}
    from {{ heads }} as heads
    {% if nodes -%} left join {{ nodes }} as nodes on heads.target = nodes.node {%- endif %}
    {%- endset -%}
    {{ pointed }}
    union all
    select component as node, component {%- for _ in counted -%}, null {%- endfor %}
    from ({{ pointed }}) as pointed
    group by component
    having min(node) > component
    {% if nodes -%}
    union all
    select nodes.node, nodes.component {%- for _ in counted -%}, null {%- endfor %}
    from {{ nodes }} as nodes
    where
        nodes.node > nodes.component
        and not exists (select 1 from {{ heads }} as heads where heads.node = nodes.node)
    {%- endif %}
{%- endmacro %}


{# Every node with the least of its neighbours and itself. #}
{% macro least_neighbours(edges) -%}
    select node, min(neighbour) as target
    from (
        select left_node as node, least(left_node, right_node) as neighbour from {{ edges }}
        union all
        select right_node as node, least(left_node, right_node) as neighbour from {{ edges }}
    ) as neighbours
    group by node
{%- endmacro %}


{# Once the statements `after` are run: every pointer leads to where the pointers behind it end, at a node that points at itself. #}
{% macro pointers_followed(pointers, after) %}
    {% set state = namespace(is_moving=true, after=after) %}
    {% for _ in range(64) if state.is_moving %}
        {% set state.is_moving = is_any(pointers, "has_moved", after=state.after + graph_table_refilled(pointers,
            "select near.node, far.target, near.target <> far.target as has_moved from " ~ pointers
            ~ " as near inner join " ~ pointers ~ " as far on near.target = far.node")) %}
        {% set state.after = [] %}
    {% endfor %}
{% endmacro %}

{# The nodes with the component that they now hang under. #}
{% macro nodes_pointed(nodes, pointers) -%}
    select nodes.node, coalesce(pointers.target, nodes.component) as component
    from {{ nodes }} as nodes
    left join {{ pointers }} as pointers on nodes.component = pointers.node
{%- endmacro %}

{# The edges between what the ends of the edges hang under; an end without a pointer hangs under nothing. #}
{% macro edges_pointed(edges, pointers) -%}
    select distinct
        coalesce(left_end.target, edges.left_node) as left_node,
        coalesce(right_end.target, edges.right_node) as right_node
    from {{ edges }} as edges
    left join {{ pointers }} as left_end on edges.left_node = left_end.node
    left join {{ pointers }} as right_end on edges.right_node = right_end.node
    where coalesce(left_end.target, edges.left_node) <> coalesce(right_end.target, edges.right_node)
{%- endmacro %}


{# The end of a materialisation that works round by round: the table holds what the query finds, the working tables go. #}
{% macro graph_written(query, working_tables) %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set statements = [standing_dropped(target_relation), create_table_as(False, target_relation, query)] -%}
    {% for table in working_tables %}{% do statements.append("drop table if exists " ~ table) %}{% endfor %}
    {% do statements_run(statements + [hooks_as_sql(post_hooks)], 'main') %}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}


{# A working table beside the model that is being built. #}
{% macro graph_table(name) -%}
    {{ return(api.Relation.create(
        database=this.database, schema=this.schema, identifier=this.identifier ~ '__' ~ name, type='table'
    )) }}
{%- endmacro %}

{# The statements after which the table holds what the query finds, and the planner knows how much that is. #}
{% macro graph_table_filled(table, query) -%}
    {{ return(["drop table if exists " ~ table, table_filled_statement(table, query)] + table_analysed(table)) }}
{%- endmacro %}

{# The same where the query reads the table itself. #}
{% macro graph_table_refilled(table, query) -%}
    {%- set next = table.incorporate(path={"identifier": table.identifier ~ '_next'}) -%}
    {{ return(graph_table_filled(next, query) + [
        "drop table if exists " ~ table,
        "alter table " ~ next ~ " rename to " ~ renamed_target(table),
    ]) }}
{%- endmacro %}

{# One after the other; where the engine takes them so, in one go: a graph of few nodes is many small statements. #}
{% macro statements_run(statements, name=none) -%}
    {{ return(adapter.dispatch('statements_run')(statements | select | list, name)) }}
{%- endmacro %}

{% macro postgres__statements_run(statements, name) -%}
    {% if statements %}
        {% call statement(name, fetch_result=name == 'answer') %}{{ statements | join(';\n') }}{% endcall %}
    {% endif %}
{%- endmacro %}

{% macro spark__statements_run(statements, name) -%}
    {% for one in statements %}
        {% call statement(name if loop.last else none, fetch_result=name == 'answer') %}{{ one }}{% endcall %}
    {% endfor %}
{%- endmacro %}

{# Whether the table holds a row, once the statements are run. #}
{% macro is_any(table, condition='true', after=[]) -%}
    {% do statements_run(after + ["select exists (select 1 from " ~ table ~ " where " ~ condition ~ ") as is_any"], 'answer') %}
    {{ return(load_result('answer').table.rows[0][0]) }}
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
    {#- A tenth of the usual sample: how many rows and values there are, and no more, is asked of these tables. -#}
    {{ return(["set local default_statistics_target = 10", "analyze " ~ table]) }}
{%- endmacro %}

{% macro spark__table_analysed(table) -%}
    {{ return([]) }}
{%- endmacro %}
