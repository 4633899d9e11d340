-- depends_on: {{ ref('int_customer_records_standardized') }}
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
    from {{ this.incorporate(path={'identifier': 'int_customer_links_clustered'}) }}
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

    select distinct {{ card_id('records.') }} as card_id
    from {{ ref('int_customer_records_standardized') }} as records
    inner join holders on records.record_id = holders.record_id
    where records.is_usable_card

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

    select records.record_id
    from {{ ref('int_customer_records_standardized') }} as records
    inner join cards on {{ card_id('records.') }} = cards.card_id
    where records.is_usable_card

    {% for node in ['left_id', 'right_id'] -%}
    union

    select {{ node }} as record_id from remembered_otherwise

    {% endfor -%}
)
{%- else -%}
-- Nobody asks where all links are new.
final as (

    select * from changed
    where false

)
{%- endif %}

select * from final
