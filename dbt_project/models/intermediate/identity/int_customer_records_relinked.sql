{{ config(pre_hook="{{ nights_in_one_process() }}") }}

-- depends_on: {{ ref('int_customer_records_keyed') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}
-- depends_on: {{ ref('int_customer_links_remembered') }}
-- depends_on: {{ ref('int_customer_decisions_resolved') }}

with changed as (

    select record_id from {{ ref('int_customer_records_changed') }}

),

{% if matching_goes_on() -%}
card_links_before as (

    select
        left_node,
        right_node
    from {{ this.incorporate(path={'identifier': 'int_customer_links_proposed'}) }}
    where link_reason = 'same card'

),

-- Whose card may be linked otherwise: who changed, who was linked by card with one who did, and who is decided about.
holders as (

    select record_id from changed

    {% for own, other in [('left_node', 'right_node'), ('right_node', 'left_node')] -%}
    union

    select card_links_before.{{ other }} as record_id
    from card_links_before
    inner join changed on card_links_before.{{ own }} = changed.record_id

    {% endfor -%}
    {% for decisions in [
        ref('int_customer_decisions_resolved'), this.incorporate(path={'identifier': 'int_customer_decisions_clustered'}),
    ] -%}
    {% for node in ['left_id', 'right_id'] -%}
    union

    select {{ node }} as record_id from {{ decisions }}

    {% endfor -%}
    {% endfor -%}
),

cards as (

    select card_id
    from {{ ref('int_customer_records_keyed') }}
    where record_id in (select holders.record_id from holders)

),

remembered_otherwise as (

    select * from {{ ref('int_customer_links_remembered') }}
    where is_remembered <> was_remembered

),

-- Every reason why a link of a record may come, go or weigh otherwise.
final as (

    select record_id from {{ ref('int_customer_records_rematched') }}

    union

    select record_id from holders

    union

    select record_id
    from {{ ref('int_customer_records_keyed') }}
    where card_id in (select cards.card_id from cards)

    {% for node in ['left_id', 'right_id'] -%}
    union

    select {{ node }} as record_id from remembered_otherwise

    {% endfor -%}
)
{%- else -%}
-- Nobody asks where all links are new.
final as (

    select record_id from changed
    where false

)
{%- endif %}

select * from final
