{{ config(pre_hook="{{ records_looked_up() }}") }}

-- depends_on: {{ ref('int_customer_records_arrived') }}
{%- set values_counted = 'values_to_count' if standardising_goes_on() else ref('int_customer_values_used') %}

-- Nearly all values are of a few records: they are counted by the number that stands for each.
with {% if standardising_goes_on() -%}
-- Those of records that came or went; the others are as they were.
to_count as (

    select
        attribute,
        value_id
    from {{ rows_of_run(ref('int_customer_values_used'), 'standardising') }}

    union

    select
        attribute,
        value_id
    from {{ rows_gone(ref('int_customer_values_used')) }}

),

values_to_count as (  -- noqa: ST03

    select values_used.*
    from {{ ref('int_customer_values_used') }} as values_used
    inner join to_count
        on
            values_used.attribute = to_count.attribute
            and values_used.value_id = to_count.value_id

),

{% endif -%}
crowded_in_group as (

    select
        values_used.attribute,
        values_used.value_id
    from {{ values_counted }} as values_used
    inner join {{ ref('frequency_limits') }} as limits
        on
            values_used.attribute = limits.attribute
            and limits.scope = 'group'
    group by values_used.attribute, values_used.value_id
    having
        count(*) > min(
            least(limits.surname_limit, limits.first_name_limit, limits.birth_date_limit, limits.contact_limit)
        )

),

crowded_at_dealer as (

    select
        values_used.attribute,
        values_used.dealer_code,
        values_used.value_id
    from {{ values_counted }} as values_used
    inner join {{ ref('frequency_limits') }} as limits
        on
            values_used.attribute = limits.attribute
            and limits.scope = 'dealer'
    group by values_used.attribute, values_used.dealer_code, values_used.value_id
    having
        count(*) > min(
            least(limits.surname_limit, limits.first_name_limit, limits.birth_date_limit, limits.contact_limit)
        )

),

final as (

    select distinct
        values_used.attribute,
        'group' as scope,
        values_used.dealer_code,
        values_used.value_used,
        values_used.value_id
    from {{ values_counted }} as values_used
    inner join crowded_in_group as crowded
        on
            values_used.attribute = crowded.attribute
            and values_used.value_id = crowded.value_id

    union all

    select distinct
        values_used.attribute,
        'dealer' as scope,
        values_used.dealer_code,
        values_used.value_used,
        values_used.value_id
    from {{ values_counted }} as values_used
    inner join crowded_at_dealer as crowded
        on
            values_used.attribute = crowded.attribute
            and values_used.dealer_code = crowded.dealer_code
            and values_used.value_id = crowded.value_id

    {% if standardising_goes_on() -%}
    union all

    select standing.*
    from {{ this }} as standing
    left join to_count
        on
            standing.attribute = to_count.attribute
            and standing.value_id = to_count.value_id
    where to_count.attribute is null
    {%- endif %}

)

select * from final
