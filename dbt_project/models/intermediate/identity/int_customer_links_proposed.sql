{{ config(
    materialized='kept',
    redone={'int_customer_records_relinked': ['left_node', 'right_node']},
    redone_together={'int_customer_records_rematched': ['left_node', 'right_node']},
    redone_where={'int_customer_records_relinked': 'not listed.is_new'},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    pre_hook=[
        "{{ indexes_where_few_are_looked_up() }}", "{{ small_groups_in_order() if not matching_goes_on() }}",
    ],
) }}

-- depends_on: {{ ref('int_customer_records_relinked') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}

with decisions as (

    select * from {{ ref('int_customer_decisions_resolved') }}

),

-- Records with the number of one card are one person.
cards as (

    {{ records_with_a_card_of_others() }}

),

-- What is declared goes before what two records look like, and a steward's word before a card.
decided as (

    select
        left_id,
        right_id
    from decisions
    group by left_id, right_id
    having max(case when decision = 'no_link' then 1 else 0 end) = 0

),

carded as (

    select
        cards.first_id as left_id,
        cards.record_id as right_id
    from cards
    left join decisions
        on
            cards.first_id = decisions.left_id
            and cards.record_id = decisions.right_id
    where decisions.left_id is null

),

matched as (

    select pairs.*
    from ({{ pairs_to_link() }}) as pairs
    left join {{ ref('int_customer_links_remembered') }} as accepted_before
        on
            accepted_before.is_remembered
            and pairs.left_id = accepted_before.left_id
            and pairs.right_id = accepted_before.right_id
    where
        pairs.match_probability >= pairs.accepted_from
        or accepted_before.left_id is not null

),

final as (

    {% for declared, link_reason, bits in [
        ('decided', 'decision', bits_of_a_decision()), ('carded', 'same card', bits_of_a_card()),
    ] -%}
    select
        left_id as left_node,
        right_id as right_node,
        '{{ link_reason }}' as link_reason,
        {{ to_double(bits) }} as match_weight,
        {{ to_double('1') }} as match_probability,
        false as rests_on_name
    from {{ declared }}

    union all

    {% endfor -%}
    select
        matched.left_id as left_node,
        matched.right_id as right_node,
        'match' as link_reason,
        matched.match_weight,
        matched.match_probability,
        matched.rests_on_name
    from matched
    left join carded
        on
            matched.left_id = carded.left_id
            and matched.right_id = carded.right_id
    left join decisions
        on
            matched.left_id = decisions.left_id
            and matched.right_id = decisions.right_id
    where
        carded.left_id is null
        and decisions.left_id is null

)

select * from final
