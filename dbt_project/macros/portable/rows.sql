{#
    A query: of the rows of `relation` that share their `key`, the one that comes first in the given order. Where
    PostgreSQL is told so, it knows that no key comes twice, and joins these rows by a table of them, not of the others.
#}
{% macro first_of_each(relation, key, order) -%}
    {{ return(adapter.dispatch('first_of_each')(relation, key, order)) }}
{%- endmacro %}

{% macro postgres__first_of_each(relation, key, order) -%}
    select distinct on ({{ key }}) *
    from {{ relation }}
    order by {{ key }}, {{ order }}
{%- endmacro %}

{% macro spark__first_of_each(relation, key, order) -%}
    select *
    from (
        select
            *,
            row_number() over (partition by {{ key }} order by {{ order }}) as place
        from {{ relation }}
    ) as placed
    where place = 1
{%- endmacro %}
