{# A number that stands for the card that one of the standardised `records` names, where it is nobody else's. #}
{% macro card_id_where_usable() -%}
    case
        when records.is_usable_card
            then {{ hashed_64(
                "concat(records.dealer_code, '|', records.source_system, '|', records.customer_source_id)"
            ) }}
    end
{%- endmacro %}


{#
    Each record whose card a lesser record has too, with the least: found among those that share theirs, for thousands may
    hold a company's card. Records are named where they are read: all of them would be put by in one process. Where matching
    goes on, whoever shares a card with one whose links are proposed anew is one of these himself.
#}
{% macro records_with_a_card_of_others() -%}
    {%- set all, relinked = ref('int_customer_records_keyed'), ref('int_customer_records_relinked') -%}
    {%- set records = relinked if matching_goes_on() else all -%}
    select
        record_id,
        first_id
    from (
        select
            own.record_id,
            min(own.record_id) over (partition by own.card_id) as first_id
        from {{ records }} as own
        where
            own.card_id in (
                select others.card_id from {{ records }} as others
                group by others.card_id
                having count(*) > 1
            )
    ) as shared
    where record_id > first_id
{%- endmacro %}


{#
    The scored pairs whose link is proposed in this run: those scored in it, and those of whoever is linked anew for another
    reason, which one pass finds, if there are any.
#}
{% macro pairs_to_link() -%}
    {%- set scored = ref('int_customer_pairs_scored') -%}
    {% if matching_goes_on() -%}
    {%- set relinked = ref('int_customer_records_relinked') -%}
    {%- set linked_anew = "(select anew.record_id from " ~ relinked ~ " as anew where anew.is_as_scored)" -%}
    {% for pairs in [rows_of_run(scored), scored] -%}
    select
        left_id,
        right_id,
        match_weight,
        match_probability,
        accepted_from,
        rests_on_name
    from {{ pairs }}

    {% if not loop.last -%}
    union

    {% endif -%}
    {% endfor -%}
    where
        exists {{ linked_anew }}
        and (left_id in {{ linked_anew }} or right_id in {{ linked_anew }})
    {%- else -%}
    select * from {{ scored }}
    {%- endif %}
{%- endmacro %}


{# The links of those who are clustered in this run. #}
{% macro links_to_cluster() -%}
    {%- set links_of_all, links_of_touched = ref('int_customer_links_proposed'), ref('int_customer_links_clustered') -%}
    {{ return(links_of_touched if matching_goes_on() else links_of_all) }}
{%- endmacro %}
