{%- set grouped = ref('int_customer_records_grouped') -%}
{%- set reclustered = ref('int_customer_records_reclustered') -%}
{%- set bare = "(select * from " ~ (reclustered if matching_goes_on() else grouped) ~ " where is_bare)" %}

with bare_contact_points as (

    {{ contact_points_of_records(bare) }}

),

named_contact_points as (

    select
        contact_points.contact_value,
        coalesce(grouped.component, contact_points.record_id) as component
    from ({{ contact_points_of_records() }}) as contact_points
    left join {{ grouped }} as grouped on contact_points.record_id = grouped.record_id
    where
        contact_points.contact_value in (select bare.contact_value from bare_contact_points as bare)
        and not coalesce(grouped.is_bare, false)

),

told_apart as (

    {% for own, other in [('left_id', 'right_id'), ('right_id', 'left_id')] -%}
    select
        {{ own }} as record_id,
        {{ other }} as other_id
    from {{ ref('int_customer_decisions_resolved') }}
    where decision = 'no_link'

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

held as (

    select
        contact_value,
        component,
        count(*) as record_count,
        sum(count(*)) over (partition by contact_value) as all_count
    from named_contact_points
    group by contact_value, component

),

-- Whose a number is: of two thirds of the records that name somebody with it. Families lend each other their phones.
named_holders as (

    select
        contact_value,
        max(case when record_count * 3 >= all_count * 2 then component end) as component,
        count(*) as holder_count
    from held
    group by contact_value

),

-- A number alone never joins two people, but who calls from the number of one customer is he. Where nobody has named
-- himself, the number stands for the person.
offered as (

    select
        bare.record_id,
        min(named_holders.component) as named_component,
        max(coalesce(named_holders.holder_count, 0)) as most_holders,
        count(distinct named_holders.component) = 1
        and count(named_holders.component) = count(named_holders.contact_value) as is_named,
        min(bare.contact_value) as least_contact_value
    from bare_contact_points as bare
    left join named_holders on bare.contact_value = named_holders.contact_value
    group by bare.record_id

),

-- A steward's word goes before both: who is not this customer is not attached to him.
attached as (

    select
        record_id,
        case
            when is_named then named_component
            else min(record_id) over (partition by least_contact_value)
        end as component,
        case
            when is_named and most_holders = 1 then 'only customer with it'
            when is_named then 'customer who has it most'
            else 'nobody named with it'
        end as attached_because
    from offered
    where
        is_named
        or (most_holders = 0 and record_id not in (select told_apart.record_id from told_apart))

),

-- Of two who are not one, and both have his number alone, neither is: nobody knows which.
final as (

    select attached.*
    from attached
    where not exists (
        select 1
        from told_apart
        left join {{ grouped }} as others on told_apart.other_id = others.record_id
        left join attached as others_attached on told_apart.other_id = others_attached.record_id
        where
            told_apart.record_id = attached.record_id
            and coalesce(others_attached.component, others.component, told_apart.other_id) = attached.component
    )

)

select * from final
