{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['left_id', 'right_id']},
    redone_together={'int_customer_records_rematched': ['left_id', 'right_id']},
    redone_where={'int_customer_records_changed': 'not listed.is_new'},
    unlogged=true,
    rows_of_run=true,
    pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ pairs_left_unsorted() }}", "{{ pairs_met_by_hash() }}"],
) }}

with pairs as (

    select * from {{ ref('int_customer_pairs_judged') }}

),

-- What is neither linked nor looked at is not written down, nor what an attribute weighs that weighs the same in all
-- pairs of its level.
final as (

    select
        pairs.left_id,
        pairs.right_id,
        pairs.match_weight,
        pairs.match_probability,
        pairs.accepted_from,
        {% for attribute in match_names() -%}
        pairs.{{ attribute }}_bits,
        {% endfor -%}
        pairs.rules,
        pairs.rests_on_name,
        pairs.is_name_alone,
        {% for attribute in match_attributes() -%}
        pairs.{{ attribute }}_level,
        {% endfor -%}
        pairs.customer_type
    from pairs
    where
        pairs.hard_rule is null
        and pairs.unrounded_weight >= (
            select {{ bits_of_probability('least(review_probability, keep_probability, accept_probability)') }}
            from ({{ match_settings_in_one_row() }}) as settings
        )

)

select * from final
