{# Aggregates: the values in ascending order, nulls left out; with `where`, those of the rows for which it holds. #}
{% macro array_aggregated(expression, distinct=false, where=none) -%}
    {{ return(adapter.dispatch('array_aggregated')(expression, distinct, where)) }}
{%- endmacro %}

{% macro postgres__array_aggregated(expression, distinct, where) -%}
    array_agg({{ "distinct " if distinct }}{{ expression }} order by {{ expression }})
        filter (where {{ expression }} is not null{{ " and " ~ where if where }})
{%- endmacro %}

{% macro spark__array_aggregated(expression, distinct, where) -%}
    {%- set value = "case when " ~ where ~ " then " ~ expression ~ " end" if where else expression -%}
    sort_array({{ "collect_set" if distinct else "collect_list" }}({{ value }}))
{%- endmacro %}


{# One array of several, of which any may be null. #}
{% macro arrays_joined(arrays) -%}
    {{ return(adapter.dispatch('arrays_joined')(arrays)) }}
{%- endmacro %}

{% macro postgres__arrays_joined(arrays) -%}
    {{ return("(" ~ arrays | join(" || ") ~ ")") }}
{%- endmacro %}

{% macro spark__arrays_joined(arrays) -%}
    concat(coalesce({{ arrays | join(", array()), coalesce(") }}, array()))
{%- endmacro %}


{# The element of an array in this place, of which 1 is the first; null where there is none. #}
{% macro element_of(array, place) -%}
    {{ return(adapter.dispatch('element_of')(array, place)) }}
{%- endmacro %}

{% macro postgres__element_of(array, place) -%}
    {{ return("(" ~ array ~ ")[" ~ place ~ "]") }}
{%- endmacro %}

{% macro spark__element_of(array, place) -%}
    {{ return("get(" ~ array ~ ", " ~ (place - 1) ~ ")") }}
{%- endmacro %}


{# The elements of an array from a place on that it has, in an array. #}
{% macro elements_from(array, place) -%}
    {{ return(adapter.dispatch('elements_from')(array, place)) }}
{%- endmacro %}

{% macro postgres__elements_from(array, place) -%}
    {{ return("(" ~ array ~ ")[" ~ place ~ ":]") }}
{%- endmacro %}

{% macro spark__elements_from(array, place) -%}
    {{ return("slice(" ~ array ~ ", " ~ place ~ ", size(" ~ array ~ "))") }}
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


{# The same of several arrays, whose elements of one place stand beside each other; null where an array has none. #}
{% macro unnested_together(expressions, alias, columns) -%}
    {{ return(adapter.dispatch('unnested_together')(expressions, alias, columns)) }}
{%- endmacro %}

{% macro postgres__unnested_together(expressions, alias, columns) -%}
    cross join lateral unnest({{ expressions | join(", ") }}) as {{ alias }} ({{ columns | join(", ") }})
{%- endmacro %}

{% macro spark__unnested_together(expressions, alias, columns) -%}
    lateral view inline(arrays_zip(
        coalesce({{ expressions | join(", array()), coalesce(") }}, array())
    )) {{ alias }} as {{ columns | join(", ") }}
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
    A select of all pairs of two elements of an array that stand in different places, each once and in this order,
    beside one more column. `condition` is of the first element: what it leaves out is not even paired.
#}
{% macro pairs_of_elements(relation, column, elements, one, other, condition) -%}
    {{ return(adapter.dispatch('pairs_of_elements')(relation, column, elements, one, other, condition)) }}
{%- endmacro %}

{% macro postgres__pairs_of_elements(relation, column, elements, one, other, condition) -%}
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
    where {{ condition }}
{%- endmacro %}

{% macro spark__pairs_of_elements(relation, column, elements, one, other, condition) -%}
    select
        {{ column }},
        {{ one }},
        {{ other }}
    from {{ relation }}
    lateral view posexplode({{ elements }}) placed as place, {{ one }}
    lateral view explode(slice({{ elements }}, place + 2, size({{ elements }}))) behind as {{ other }}
    where {{ condition }}
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
