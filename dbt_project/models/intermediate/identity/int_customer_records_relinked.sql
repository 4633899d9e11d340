{{ config(pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ nights_in_one_process() }}"]) }}

-- depends_on: {{ ref('int_customer_records_standardized') }}
-- depends_on: {{ ref('int_customer_records_keyed') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}
-- depends_on: {{ ref('int_customer_links_remembered') }}
-- depends_on: {{ ref('int_customer_decisions_resolved') }}

with changed as (

    select record_id from {{ ref('int_customer_records_changed') }}

),

{% if matching_goes_on() -%}
remembered_otherwise as (

    select * from {{ ref('int_customer_links_remembered') }}
    where is_remembered <> was_remembered

),

-- Every reason but a card why a link of a record may come, go or weigh otherwise.
concerned as (

    select record_id from changed

    union

    select record_id from {{ ref('int_customer_records_rematched') }}

    {% for pairs in [
        'remembered_otherwise',
        ref('int_customer_decisions_resolved'), this.incorporate(path={'identifier': 'int_customer_decisions_clustered'}),
    ] -%}
    {% for node in ['left_id', 'right_id'] -%}
    union

    select {{ node }} as record_id from {{ pairs }}

    {% endfor -%}
    {% endfor -%}
),

-- The cards that they have, and those that they had.
cards as (

    select {{ card_id_where_usable() }} as card_id
    from {{ ref('int_customer_records_standardized') }} as records
    inner join concerned on records.record_id = concerned.record_id

    union

    select card_id from {{ rows_gone(ref('int_customer_records_keyed')) }}

),

holders as (

    select
        record_id,
        card_id
    from {{ ref('int_customer_records_keyed') }}
    where card_id in (select cards.card_id from cards)

),

final as (

    select
        coalesce(concerned.record_id, holders.record_id) as record_id,
        holders.card_id
    from concerned
    full outer join holders on concerned.record_id = holders.record_id

)
{%- else -%}
-- Nobody asks where all links are new.
final as (

    select
        record_id,
        cast(null as bigint) as card_id
    from changed
    where false

)
{%- endif %}

select * from final
