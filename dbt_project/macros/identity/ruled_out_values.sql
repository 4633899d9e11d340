{# A join that finds a value that is nobody's, in the whole group or at the dealer of `record`, as `<attribute>_out`. #}
{% macro ruled_out_joined(attribute, expression, record='records') -%}
    left join {{ ref('int_customer_values_ruled_out') }} as {{ attribute }}_out
        on
            {{ attribute }}_out.attribute = '{{ attribute }}'
            and {{ attribute }}_out.is_ruled_out
            and {{ attribute }}_out.dealer_code in ('', {{ record }}.dealer_code)
            and {{ expression }} = {{ attribute }}_out.value_used
{%- endmacro %}


{# A number of the state where it is not nobody's; a company that is named keeps the one that its drivers lose. #}
{% macro number_unless_ruled_out(attribute) -%}
    case
        when {{ attribute }}_out.value_used is null or cleaned.is_company_by_name then cleaned.{{ attribute }}
    end as {{ attribute }}
{%- endmacro %}
