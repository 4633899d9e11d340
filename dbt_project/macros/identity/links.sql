{# A number that stands for the card that one of the standardised `records` names, where it is nobody else's. #}
{% macro card_id_where_usable() -%}
    case
        when records.is_usable_card
            then {{ hashed_64(
                "concat(records.dealer_code, '|', records.source_system, '|', records.customer_source_id)"
            ) }}
    end
{%- endmacro %}


{# The records with a card; where matching goes on, with one that a record holds whose links are proposed anew. #}
{% macro records_with_cards() -%}
    select
        record_id,
        card_id
    from {{ ref('int_customer_records_keyed') }}
    where
        card_id is not null
        {% if matching_goes_on() -%}
        and card_id in (
            select own.card_id
            from {{ ref('int_customer_records_keyed') }} as own
            where own.record_id in (
                select relinked.record_id from {{ ref('int_customer_records_relinked') }} as relinked
            )
        )
        {%- endif %}
{%- endmacro %}


{#
    Each record whose card a lesser record has too, with the least: found among those that share theirs, for thousands may
    hold a company's card. The records with cards are named where they are read: all of them would be put by in one process.
    Those of a night are found once.
#}
{% macro records_with_a_card_of_others() -%}
    {%- set records = "(" ~ records_with_cards() ~ ")" -%}
    {% if matching_goes_on() -%}
    {%- set records = "records_with_cards" -%}
    with records_with_cards as (

        {{ records_with_cards() }}

    )

    {% endif -%}
    select
        record_id,
        first_id
    from (
        select
            own.record_id,
            min(own.record_id) over (partition by own.card_id) as first_id
        from {{ records }} as own
        where exists (
            select 1 from {{ records }} as others
            where own.card_id = others.card_id and own.record_id <> others.record_id
        )
    ) as shared
    where record_id > first_id
{%- endmacro %}


{# Whether the link between two records is proposed in this run. #}
{% macro is_proposed_anew(left_node, right_node) -%}
    {% if matching_goes_on() -%}
    (
        {{ left_node }} in (select relinked.record_id from {{ ref('int_customer_records_relinked') }} as relinked)
        or {{ right_node }} in (select relinked.record_id from {{ ref('int_customer_records_relinked') }} as relinked)
    )
    {%- else -%}
    true
    {%- endif %}
{%- endmacro %}


{# The scored pairs whose link is proposed in this run. #}
{% macro pairs_to_link() -%}
    {% if matching_goes_on() -%}
    {% for node in ['left_id', 'right_id'] -%}
    select
        scored.left_id,
        scored.right_id,
        scored.match_weight,
        scored.match_probability,
        scored.accepted_from,
        scored.rests_on_name
    from {{ ref('int_customer_records_relinked') }} as relinked
    inner join {{ ref('int_customer_pairs_scored') }} as scored on relinked.record_id = scored.{{ node }}

    {{ "union" if not loop.last }}

    {% endfor -%}
    {%- else -%}
    select * from {{ ref('int_customer_pairs_scored') }}
    {%- endif %}
{%- endmacro %}


{# The links of those who are clustered in this run. #}
{% macro links_to_cluster() -%}
    {%- set links_of_all, links_of_touched = ref('int_customer_links_proposed'), ref('int_customer_links_clustered') -%}
    {{ return(links_of_touched if matching_goes_on() else links_of_all) }}
{%- endmacro %}
