{# A number that stands for the card that a standardised record names. #}
{% macro card_id(prefix='') -%}
    {{ hashed_64(
        "concat(" ~ prefix ~ "dealer_code, '|', " ~ prefix ~ "source_system, '|', " ~ prefix ~ "customer_source_id)"
    ) }}
{%- endmacro %}


{# The records with a card; where matching goes on, with one that a record holds whose links are proposed anew. #}
{% macro records_with_cards() -%}
    select
        record_id,
        {{ card_id() }} as card_id
    from {{ ref('int_customer_records_standardized') }}
    where
        is_usable_card
        {% if matching_goes_on() -%}
        and {{ card_id() }} in (
            select {{ card_id('own.') }}
            from {{ ref('int_customer_records_standardized') }} as own
            inner join {{ ref('int_customer_records_relinked') }} as relinked on own.record_id = relinked.record_id
            where own.is_usable_card
        )
        {%- endif %}
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
