{{ config(
    materialized='kept',
    redone={'int_customer_records_rematched': ['left_id', 'right_id']},
    unlogged=true,
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_pairs_blocked') }}

with pairs as (

    select pairs.*
    from {{ ref('int_customer_pairs_scored') }} as pairs
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_pairs_blocked') }} as blocked
        on
            pairs.left_id = blocked.left_id
            and pairs.right_id = blocked.right_id
    {%- endif %}

),

settings as (

    {{ match_settings_in_one_row() }}

),

-- Of the scored pairs, which are many and wide, what links are made of.
final as (

    select
        pairs.left_id,
        pairs.right_id,
        pairs.match_weight,
        pairs.match_probability,
        pairs.accepted_from
    from pairs
    cross join settings
    where
        pairs.hard_rule is null
        and pairs.match_probability >= least(settings.keep_probability, pairs.accepted_from)

)

select * from final
