with parts as (

    select
        parts.node,
        parts.component as part,
        components.component
    from {{ ref('int_customer_parts_evidenced') }} as parts
    inner join {{ ref('int_customer_components_guarded') }} as components on parts.node = components.node

),

settings as (

    {{ match_settings_in_one_row() }}

),

records as (

    select
        parts.node,
        parts.part,
        parts.component,
        records.mobile_phones,
        records.email,
        records.is_usable_email
    from parts
    inner join {{ ref('int_customer_records_standardized') }} as records on parts.node = records.record_id
    where records.customer_type = 'person'

),

contact_points as (

    select
        records.component,
        records.part,
        records.node,
        'phone' as kind,
        phones.contact_value
    from records
    {{ unnested('records.mobile_phones', 'phones', 'contact_value') }}

    union all

    select
        component,
        part,
        node,
        'email' as kind,
        email as contact_value
    from records
    where is_usable_email

),

held as (

    select
        component,
        part,
        kind,
        contact_value,
        min(node) as node,
        count(*) as record_count
    from contact_points
    group by component, part, kind, contact_value

),

-- A phone that several records hold is the customer's own; one of a single record may be a relative's or a slip.
own as (

    select held.*
    from held
    cross join settings
    where
        held.kind = 'email'
        or held.record_count >= settings.own_phone_records

),

in_touch as (

    select distinct
        one.part,
        other.part as other_part
    from held as one
    inner join held as other
        on
            one.component = other.component
            and one.contact_value = other.contact_value
            and one.part < other.part

),

-- Two parts with a phone each, or an e-mail each, and none in common, are not one customer for the name alone. Whoever
-- holds these values stands for his part, for another conflict may cut it too.
final as (

    select distinct
        one.component,
        least(one.node, other.node) as left_node,
        greatest(one.node, other.node) as right_node
    from own as one
    inner join own as other
        on
            one.component = other.component
            and one.kind = other.kind
            and one.part < other.part
    left join in_touch
        on
            one.part = in_touch.part
            and other.part = in_touch.other_part
    where in_touch.part is null

)

select * from final
