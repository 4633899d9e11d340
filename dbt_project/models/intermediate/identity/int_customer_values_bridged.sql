{%- set steps = {
    'first_name': ['first_name', "first_name_level in ('related', 'close', 'initial', 'swapped')"],
    'birth_date': ['birth_date', "birth_date_level in ('near', 'part') and is_linked and not is_other_first_name"],
} -%}
with compared as (

    select * from {{ ref('int_customer_suspects_compared') }}

),

steps as (

    {% for kind, (column, is_step) in steps.items() -%}
    {% for one, other in [('left', 'right'), ('right', 'left')] -%}
    select
        component,
        '{{ kind }}' as kind,
        {{ to_text(one ~ '_' ~ column) }} as one_value,
        {{ to_text(other ~ '_' ~ column) }} as other_value
    from compared
    where {{ is_step }}

    {% if not loop.last %}union{% endif %}

    {% endfor -%}
    {% if not loop.last %}union{% endif %}

    {% endfor -%}
),

-- Михал and Миша are far apart, and both near to Михаил, as are М. and Миша; М. itself brings nobody together. So are
-- two slips of one birth date that a third record of the same person tells; a first of January is near to a whole year.
final as (

    select distinct
        first_step.component,
        first_step.kind,
        first_step.one_value,
        second_step.other_value
    from steps as first_step
    inner join steps as second_step
        on
            first_step.component = second_step.component
            and first_step.kind = second_step.kind
            and first_step.other_value = second_step.one_value
            and length(first_step.other_value) > 1
            and first_step.other_value not like '%-01-01'
            and first_step.one_value <> second_step.other_value

)

select * from final
