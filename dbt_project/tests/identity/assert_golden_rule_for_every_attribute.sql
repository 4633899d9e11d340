-- An attribute without a rule has no value in any golden row; without that of the name there is no golden row at all.
with attributes as (

    {% for attribute in ['name', 'gender', 'birth_date', 'phone', 'email', 'address', 'tax_id', 'company_name'] -%}
    select '{{ attribute }}' as attribute
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (

    select attributes.attribute
    from attributes
    left join {{ ref('golden_rules') }} as rules on attributes.attribute = rules.attribute
    where rules.attribute is null

)

select * from final
