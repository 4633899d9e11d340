{{ config(
    materialized='kept',
    redone={'int_customer_records_rematched': ['left_id', 'right_id']},
    unlogged=true,
    rows_of_run=true,
    indexes=[{'columns': ['left_id', 'right_id']}, {'columns': ['right_id']}],
    pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ pairs_left_unsorted() }}"],
) }}

with pairs as (

    select * from {{ ref('int_customer_pairs_judged') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

-- Four pairs of five are nobody's: what is neither linked nor looked at is not written down.
final as (

    select
        pairs.left_id,
        pairs.right_id,
        pairs.customer_type,
        pairs.rules,
        {% for attribute in match_attributes() -%}
        pairs.{{ attribute }}_level,
        pairs.{{ attribute }}_bits,
        {% endfor -%}
        pairs.match_weight,
        pairs.match_probability,
        pairs.rests_on_name,
        pairs.is_name_alone,
        pairs.accepted_from
    from pairs
    cross join settings
    where
        pairs.hard_rule is null
        and pairs.unrounded_weight >= {{ bits_of_probability(
            'least(settings.review_probability, settings.keep_probability, settings.accept_probability)'
        ) }}

)

select * from final
