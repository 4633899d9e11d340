{{ config(pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ nights_in_one_process() }}"]) }}

-- depends_on: {{ ref('int_customer_records_standardized') }}
-- depends_on: {{ ref('int_customer_records_keyed') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}
-- depends_on: {{ ref('int_customer_links_remembered') }}
-- depends_on: {{ ref('int_customer_decisions_resolved') }}

with changed as (

    select * from {{ ref('int_customer_records_changed') }}

),

{% if matching_goes_on() -%}
{%- set remembered = ref('int_customer_links_remembered') -%}
{%- set decided = ref('int_customer_decisions_resolved') -%}
{%- set decided_before = this.incorporate(path={'identifier': 'int_customer_decisions_clustered'}) -%}
-- Of whom a link may come, go or weigh otherwise, though no score of his and no card did.
linked_otherwise as (

    {% for pairs in [
        '(select * from ' ~ remembered ~ ' where is_remembered <> was_remembered) as otherwise', decided, decided_before,
    ] -%}
    select left_id as record_id from {{ pairs }}

    union

    select right_id as record_id from {{ pairs }}

    {{ "union" if not loop.last }}

    {% endfor -%}
),

concerned as (

    select record_id from changed

    union

    select record_id from linked_otherwise

),

in_question as (

    select record_id from concerned

    union

    select record_id from {{ ref('int_customer_records_rematched') }}

),

-- The cards that they have, and those that they had.
cards as (

    select {{ card_id_where_usable() }} as card_id
    from {{ ref('int_customer_records_standardized') }} as records
    inner join in_question on records.record_id = in_question.record_id

    union

    select card_id from {{ rows_gone(ref('int_customer_records_keyed')) }}

),

-- A card of one record links nothing.
holders as (

    select
        record_id,
        card_id
    from (
        select
            record_id,
            card_id,
            count(*) over (partition by card_id) as holder_count
        from {{ ref('int_customer_records_keyed') }}
        where card_id in (select cards.card_id from cards)
    ) as held
    where holder_count > 1

),

-- Nobody was linked with a new record yet; of whom a steward spoke, links are looked for all the same.
final as (

    select
        coalesce(concerned.record_id, holders.record_id) as record_id,
        holders.card_id,
        changed.record_id is null as is_as_scored,
        coalesce(changed.is_new, false) and linked_otherwise.record_id is null as is_new
    from concerned
    full outer join holders on concerned.record_id = holders.record_id
    left join changed on coalesce(concerned.record_id, holders.record_id) = changed.record_id
    left join linked_otherwise
        on coalesce(concerned.record_id, holders.record_id) = linked_otherwise.record_id

)
{%- else -%}
-- Nobody asks where all links are new.
final as (

    select
        record_id,
        cast(null as bigint) as card_id,
        false as is_as_scored,
        is_new
    from changed
    where false

)
{%- endif %}

select * from final
