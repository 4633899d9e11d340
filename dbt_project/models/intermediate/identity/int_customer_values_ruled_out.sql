-- depends_on: {{ ref('int_customer_records_arrived') }}

-- A dealer's own number is nobody's.
with in_group as (

    select
        attribute,
        value_used
    from {{ ref('int_customer_values_barred') }}
    where scope = 'group'

    union

    select
        'phone' as attribute,
        phones.phone_e164 as value_used
    from {{ ref('int_dealer_phone_cells') }} as own
    inner join {{ ref('int_customer_phones_standardized') }} as phones
        on
            own.phone_cell = phones.phone_cell
            and own.phone_region = phones.phone_region

),

-- What is ruled out in the group is of no dealer, and stands here once.
ruled_out as (

    select
        attribute,
        '' as dealer_code,
        value_used
    from in_group

    union all

    select
        barred.attribute,
        barred.dealer_code,
        barred.value_used
    from {{ ref('int_customer_values_barred') }} as barred
    left join in_group
        on
            barred.attribute = in_group.attribute
            and barred.value_used = in_group.value_used
    where
        barred.scope = 'dealer'
        and in_group.attribute is null

),

{% if standardising_goes_on() -%}
ruled_out_before as (

    select * from {{ this }}
    where is_ruled_out

),

final as (

    select
        coalesce(ruled_out.attribute, ruled_out_before.attribute) as attribute,
        coalesce(ruled_out.dealer_code, ruled_out_before.dealer_code) as dealer_code,
        coalesce(ruled_out.value_used, ruled_out_before.value_used) as value_used,
        ruled_out.attribute is not null as is_ruled_out,
        ruled_out_before.attribute is not null as was_ruled_out
    from ruled_out
    full outer join ruled_out_before
        on
            ruled_out.attribute = ruled_out_before.attribute
            and ruled_out.dealer_code = ruled_out_before.dealer_code
            and ruled_out.value_used = ruled_out_before.value_used

)
{%- else -%}
final as (

    select
        *,
        true as is_ruled_out,
        true as was_ruled_out
    from ruled_out

)
{%- endif %}

select * from final
