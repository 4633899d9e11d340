{# The rules of int_customer_block_keys from this one on are weak. #}
{% macro weakest_rule() -%}8192{%- endmacro %}

{# The most records that a block of the rule may have; `settings` is the settings' one row, in a grouped select. #}
{% macro block_cap_of(rule) -%}
    max(case when {{ rule }} < {{ weakest_rule() }} then settings.block_cap else settings.weak_block_cap end)
{%- endmacro %}
