{# The condition that two relations speak of the same source record. #}
{% macro same_record(left_alias, right_alias) -%}
    {{ left_alias }}.dealer_code = {{ right_alias }}.dealer_code
            and {{ left_alias }}.source_system = {{ right_alias }}.source_system
            and {{ left_alias }}.entity = {{ right_alias }}.entity
            and {{ left_alias }}.source_record_id = {{ right_alias }}.source_record_id
{%- endmacro %}


{# The id of what one source record tells: a sale, a lead, a response. #}
{% macro record_id(alias='') -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {{ hashed([prefix ~ 'dealer_code', prefix ~ 'source_system', prefix ~ 'entity', prefix ~ 'source_record_id']) }}
{%- endmacro %}
