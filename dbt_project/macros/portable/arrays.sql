{# Aggregates: the values in ascending order, nulls left out. #}
{% macro array_aggregated(expression, distinct=false, is_sorted=true) -%}
    {{ return(adapter.dispatch('array_aggregated')(expression, distinct, is_sorted)) }}
{%- endmacro %}

{% macro postgres__array_aggregated(expression, distinct, is_sorted) -%}
    array_agg({{ "distinct " if distinct }}{{ expression }}{{ " order by " ~ expression if is_sorted }})
        filter (where {{ expression }} is not null)
{%- endmacro %}

{% macro spark__array_aggregated(expression, distinct, is_sorted) -%}
    {%- set collected = ("collect_set" if distinct else "collect_list") ~ "(" ~ expression ~ ")" -%}
    {{ "sort_array(" ~ collected ~ ")" if is_sorted else collected }}
{%- endmacro %}


{# Aggregates to one text: the distinct values in ascending order. #}
{% macro text_aggregated(expression, separator=', ') -%}
    {{ return(adapter.dispatch('text_aggregated')(expression, separator)) }}
{%- endmacro %}

{% macro postgres__text_aggregated(expression, separator) -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}

{% macro spark__text_aggregated(expression, separator) -%}
    nullif(array_join(sort_array(collect_set({{ expression }})), '{{ separator }}'), '')
{%- endmacro %}


{# An array of texts as one text. #}
{% macro array_joined(expression, separator=', ') -%}
    {{ return(adapter.dispatch('array_joined')(expression, separator)) }}
{%- endmacro %}

{% macro postgres__array_joined(expression, separator) -%}
    array_to_string({{ expression }}, '{{ separator }}')
{%- endmacro %}

{% macro spark__array_joined(expression, separator) -%}
    array_join({{ expression }}, '{{ separator }}')
{%- endmacro %}


{# Stands behind a from item: one row per element, as `<alias>.<column>`. #}
{% macro unnested(expression, alias, column) -%}
    {{ return(adapter.dispatch('unnested')(expression, alias, column)) }}
{%- endmacro %}

{% macro postgres__unnested(expression, alias, column) -%}
    cross join lateral unnest({{ expression }}) as {{ alias }} ({{ column }})
{%- endmacro %}

{% macro spark__unnested(expression, alias, column) -%}
    lateral view explode({{ expression }}) {{ alias }} as {{ column }}
{%- endmacro %}


{# Stands behind a from item: a row per name and expression of `expressions`, as `<alias>.<name>`, `<alias>.<value>`. #}
{% macro unpivoted(expressions, alias, name, value) -%}
    {{ return(adapter.dispatch('unpivoted')(expressions, alias, name, value)) }}
{%- endmacro %}

{% macro postgres__unpivoted(expressions, alias, name, value) -%}
    {#- Two lists in step: of `values` the expressions would be prepared anew for every record. #}
    cross join lateral unnest(
        array[{{ expressions.keys() | join(', ') }}],
        array[
            {% for expression in expressions.values() -%}
            {{ expression }}{{ "," if not loop.last }}
            {% endfor -%}
        ]
    ) as {{ alias }} ({{ name }}, {{ value }})
{%- endmacro %}

{% macro spark__unpivoted(expressions, alias, name, value) -%}
    lateral view stack(
        {{ expressions | length }},
        {% for key, expression in expressions.items() -%}
        {{ key }}, {{ expression }}{{ "," if not loop.last }}
        {% endfor -%}
    ) {{ alias }} as {{ name }}, {{ value }}
{%- endmacro %}


{# In a select list: one row per element of an array beside the other columns. #}
{% macro elements(expression) -%}
    {{ return(adapter.dispatch('elements')(expression)) }}
{%- endmacro %}

{% macro postgres__elements(expression) -%}
    unnest({{ expression }})
{%- endmacro %}

{% macro spark__elements(expression) -%}
    explode({{ expression }})
{%- endmacro %}


{#
    A select of all pairs of two elements of an array that stand in different places, each once, beside one more column.
#}
{% macro pairs_of_elements(relation, column, elements, one, other) -%}
    {{ return(adapter.dispatch('pairs_of_elements')(relation, column, elements, one, other)) }}
{%- endmacro %}

{% macro postgres__pairs_of_elements(relation, column, elements, one, other) -%}
    select
        {{ column }},
        {{ one }},
        unnest(behind) as {{ other }}
    from (
        select
            {{ column }},
            {{ elements }}[place] as {{ one }},
            {{ elements }}[place + 1:] as behind
        from (
            select
                {{ column }},
                {{ elements }},
                generate_series(1, cardinality({{ elements }}) - 1) as place
            from {{ relation }}
        ) as placed
    ) as parted
{%- endmacro %}

{% macro spark__pairs_of_elements(relation, column, elements, one, other) -%}
    select
        {{ column }},
        {{ one }},
        {{ other }}
    from {{ relation }}
    lateral view posexplode({{ elements }}) placed as place, {{ one }}
    lateral view explode(slice({{ elements }}, place + 2, size({{ elements }}))) behind as {{ other }}
{%- endmacro %}


{# Stands at the end of a subquery whose columns are used more than once: they are computed once. #}
{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once')()) }}
{%- endmacro %}

{#
    In quotes it is a constant at once; else the planner takes it for a limit, and what stands around it for one
    process's work.
#}
{% macro postgres__computed_once() -%}offset '0'{%- endmacro %}

{% macro spark__computed_once() -%}{%- endmacro %}


{# Whether two arrays have an element in common; null where one of them is null. #}
{% macro arrays_overlap(left_expression, right_expression) -%}
    {{ return(adapter.dispatch('arrays_overlap')(left_expression, right_expression)) }}
{%- endmacro %}

{% macro postgres__arrays_overlap(left_expression, right_expression) -%}
    ({{ left_expression }} && {{ right_expression }})
{%- endmacro %}

{% macro spark__arrays_overlap(left_expression, right_expression) -%}
    arrays_overlap({{ left_expression }}, {{ right_expression }})
{%- endmacro %}
