{# Joins that find a value barred by a frequency rule, in the whole group or at the record's dealer. #}
{% macro barred_values(attribute, expression, dealer_code) -%}
    left join {{ ref('int_customer_values_barred') }} as group_barred
        on
            group_barred.attribute = '{{ attribute }}'
            and group_barred.scope = 'group'
            and {{ expression }} = group_barred.value_used
    left join {{ ref('int_customer_values_barred') }} as dealer_barred
        on
            dealer_barred.attribute = '{{ attribute }}'
            and dealer_barred.scope = 'dealer'
            and {{ dealer_code }} = dealer_barred.dealer_code
            and {{ expression }} = dealer_barred.value_used
{%- endmacro %}
