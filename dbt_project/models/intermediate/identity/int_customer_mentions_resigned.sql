{{ config(pre_hook="{{ records_looked_up() }}") }}

-- depends_on: {{ ref('int_customer_mentions_collected') }}
{%- set standing = this.incorporate(path={'identifier': 'int_customer_record_signatures'}) %}

with changed as (

    select record_key from {{ ref('int_customer_mentions_received') }}

    union

    select record_key from {{ ref('int_customer_mentions_told_apart') }}
    where is_told_apart <> was_told_apart

),

{% if standardising_goes_on() -%}
-- What a card stands for may be another row, or none any more, for those who name its number alone.
cards_changed as (

    select standing.card_id
    from {{ standing }} as standing
    inner join changed on standing.record_key = changed.record_key
    where standing.card_id is not null

    union

    select {{ card_id() }} as card_id
    from {{ rows_of_run(ref('int_customer_mentions_collected'), 'standardising') }}
    where customer_source_id is not null

),

final as (

    select record_key from changed

    union

    select standing.record_key
    from {{ standing }} as standing
    inner join cards_changed on standing.card_id = cards_changed.card_id
    where not standing.has_content

)
{%- else -%}
final as (

    select * from changed

)
{%- endif %}

select * from final
