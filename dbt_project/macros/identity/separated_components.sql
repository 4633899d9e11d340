{#
    Materialises a model whose SQL gives the links of a graph and its conflicts (left_node, right_node: bigint;
    match_weight: double precision, null for a link that is only to be forgotten; is_conflict) as the table
    (node, component) in which no component holds a conflict.

    Each node begins alone. Each round joins every two components that are each other's strongest link and between
    which no conflict stands: so strong links come first, and what a conflict leaves to choose is cut at its weakest.
    A component in no conflict need not wait until it is its neighbour's strongest too: nothing will ever stand between
    the two, and all other links of it are weaker. A star takes one round so, instead of one a leaf.

    What a thousand rounds have not joined stays apart, which is the safe side: no component keeps the build from its
    end.
#}
{% materialization separated_components, default %}
    {%- set given, nodes = graph_table('given'), graph_table('nodes') -%}
    {%- set choices, pointers = graph_table('choices'), graph_table('pointers') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- set state = namespace(rounds=0, is_growing=true, after=
        [hooks_as_sql(pre_hooks)]
        + graph_table_filled(given, "select * from (" ~ sql ~ ") as given")
        + graph_table_filled(nodes, "select left_node as node, left_node as component from " ~ given
            ~ " union select right_node, right_node from " ~ given)
    ) -%}
    {% for _ in range(1000) if state.is_growing %}
        {% set state.is_growing = is_any(choices, after=state.after
            + graph_table_refilled(given, crossing_links(given))
            + graph_table_filled(choices, strongest_links(given))
        ) %}
        {% if state.is_growing %}
            {% set state.rounds = state.rounds + 1 %}
            {% do pointers_followed(pointers, after=graph_table_filled(pointers, joined_components(given, choices))) %}
            {% set state.after = graph_table_refilled(nodes, nodes_pointed(nodes, pointers))
                + graph_table_refilled(given, links_pointed(given, pointers)) %}
        {% endif %}
    {% endfor %}
    {% do statements_run(state.after if state.is_growing else []) %}
    {{ log(this ~ ": " ~ state.rounds ~ " rounds" ~ (", and links were left" if state.is_growing else "")) }}
    {{ return(graph_written(
        "select node, min(node) over (partition by component) as component from " ~ nodes,
        [given, nodes, choices, pointers]
    )) }}
{% endmaterialization %}


{# Between every two components: their strongest link, and whether a conflict stands there. #}
{% macro crossing_links(given) -%}
    select
        least(left_node, right_node) as left_node,
        greatest(left_node, right_node) as right_node,
        max(match_weight) as match_weight,
        max(case when is_conflict then 1 else 0 end) = 1 as is_conflict
    from {{ given }}
    where left_node <> right_node
    group by least(left_node, right_node), greatest(left_node, right_node)
    having max(case when is_conflict then 1 else 0 end) = 1 or max(match_weight) is not null
{%- endmacro %}


{# Each component's strongest link; ties go to the least components, so one always is the strongest of both its ends. #}
{% macro strongest_links(given) -%}
    select node, neighbour
    from (
        select
            node,
            neighbour,
            row_number() over (
                partition by node
                order by match_weight desc, least(node, neighbour), greatest(node, neighbour)
            ) as strength
        from (
            select left_node as node, right_node as neighbour, match_weight from {{ given }}
            where not is_conflict
            union all
            select right_node as node, left_node as neighbour, match_weight from {{ given }}
            where not is_conflict
        ) as ends
    ) as ranked
    where strength = 1
{%- endmacro %}


{#
    The component that each is to be part of: the lesser of two that chose each other, and whatever a component without
    any conflict chose; all others stay what they are. So of those that end together two at most are in a conflict, and
    these chose each other.
#}
{% macro joined_components(given, choices) -%}
    select
        choices.node,
        case
            when back.node is not null then least(choices.node, choices.neighbour)
            when contested.node is null then choices.neighbour
            else choices.node
        end as target
    from {{ choices }} as choices
    left join {{ choices }} as back
        on
            choices.neighbour = back.node
            and choices.node = back.neighbour
    left join (
        select left_node as node from {{ given }} where is_conflict
        union
        select right_node as node from {{ given }} where is_conflict
    ) as contested on choices.node = contested.node
{%- endmacro %}


{% macro links_pointed(given, pointers) -%}
    select
        coalesce(left_end.target, given.left_node) as left_node,
        coalesce(right_end.target, given.right_node) as right_node,
        given.match_weight,
        given.is_conflict
    from {{ given }} as given
    left join {{ pointers }} as left_end on given.left_node = left_end.node
    left join {{ pointers }} as right_end on given.right_node = right_end.node
{%- endmacro %}
