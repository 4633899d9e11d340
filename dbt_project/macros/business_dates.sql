{#
    Whether the source told the day alone: raw writes that as midnight in the dealer's zone. What did happen at
    00:00:00 on the dealer's clock looks the same and is read the same.
#}
{% macro is_time_assumed(moment, dealer_time_zone) -%}
    {{ moment }} = {{ local_midnight(local_date(moment, dealer_time_zone), dealer_time_zone) }}
{%- endmacro %}


{#
    The day that decides to which month something belongs: the group's, for a moment with a time (02:30 of 1 January
    in Vladivostok is 31 December in Moscow). A day that was told without a time is kept: nobody knows that it was night.
#}
{% macro business_date(moment, dealer_time_zone, group_time_zone) -%}
    case
        when {{ is_time_assumed(moment, dealer_time_zone) }} then {{ local_date(moment, dealer_time_zone) }}
        else {{ local_date(moment, group_time_zone) }}
    end
{%- endmacro %}
