{# The seed match_settings as one row with a column per setting. #}
{% macro match_settings_in_one_row() -%}
    select
        {% for setting in [
            'accept_probability', 'keep_probability', 'review_probability', 'prior_bits', 'block_cap',
            'unknown_last_name_share', 'unknown_first_name_share', 'unknown_middle_name_share', 'largest_cluster',
        ] -%}
        max(case when setting = '{{ setting }}' then value end) as {{ setting }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('match_settings') }}
{%- endmacro %}
