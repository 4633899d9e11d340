with grouped as (

    select * from {{ ref('int_customer_records_grouped') }}

),

records as (

    select
        standardized.record_id,
        standardized.mobile_phones,
        standardized.landline_phones,
        case when standardized.is_usable_email then standardized.email end as email,
        grouped.component,
        grouped.is_bare
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join grouped
        on standardized.record_id = grouped.record_id
    where standardized.customer_type = 'person'

),

contact_points as (

    {% for phones in ['mobile_phones', 'landline_phones'] -%}
    select
        records.record_id,
        records.component,
        records.is_bare,
        phones.phone_e164 as contact_value
    from records
    {{ unnested('records.' ~ phones, 'phones', 'phone_e164') }}

    union all

    {% endfor -%}
    select
        record_id,
        component,
        is_bare,
        email as contact_value
    from records
    where email is not null

),

decisions as (

    select * from {{ ref('int_customer_decisions_resolved') }}
    where decision = 'no_link'

),

told_apart as (

    select
        left_id as record_id,
        right_id as other_id
    from decisions

    union all

    select
        right_id as record_id,
        left_id as other_id
    from decisions

),

held as (

    select
        contact_value,
        component,
        count(*) as record_count,
        sum(count(*)) over (partition by contact_value) as all_count
    from contact_points
    where not is_bare
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
    from contact_points as bare
    left join named_holders on bare.contact_value = named_holders.contact_value
    where bare.is_bare
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

final as (

    select attached.*
    from attached
    where not exists (
        select 1
        from told_apart
        inner join grouped as others on told_apart.other_id = others.record_id
        where
            told_apart.record_id = attached.record_id
            and others.component = attached.component
    )

)

select * from final
