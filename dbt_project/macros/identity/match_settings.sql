{# The seed match_settings, or a model with its rows, as one row with a column per setting. #}
{% macro match_settings_in_one_row(model='match_settings') -%}
    select
        {% for setting in [
            'accept_probability', 'accept_name_alone_probability', 'keep_probability', 'review_probability',
            'prior_bits', 'prior_records', 'smallest_group', 'block_cap', 'weak_block_cap', 'weak_keys_up_to',
            'unknown_last_name_share', 'unknown_first_name_share', 'unknown_middle_name_share', 'largest_cluster',
        ] -%}
        max(case when setting = '{{ setting }}' then value end) as {{ setting }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref(model) }}
{%- endmacro %}


{# A weight as people read it: +11.2, -3.0. #}
{% macro bits_as_text(expression) -%}
    concat(
        case when {{ expression }} > 0 then '+' else '' end,
        {{ to_text("round(cast(" ~ expression ~ " as decimal(18, 6)), 1)") }}
    )
{%- endmacro %}


{#
    How many records one may be mistaken for: the more there are, the more must speak for a pair. In whole bits, so that
    the weights of all pairs move when the group has doubled and not every night.
#}
{% macro match_prior() -%}
    select
        max(settings.prior_bits)
        - round(
            ln(greatest(max(settings.smallest_group), count(records.record_id)) / max(settings.prior_records)) / ln(2)
        ) as prior_bits
    from ({{ match_settings_in_one_row('int_match_settings_chosen') }}) as settings
    left join {{ ref('int_customer_records_standardized') }} as records on true
{%- endmacro %}
