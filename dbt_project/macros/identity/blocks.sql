{# The rules of int_customer_block_keys from this one on are weak. #}
{% macro weakest_rule() -%}8192{%- endmacro %}

{#
    The rule by which surname and first name alone propose, and the one that asks for the town beside them. With the
    father's name they are mostly one person's records, a loyal customer's among them.
#}
{% macro rule_of_names() -%}32{%- endmacro %}

{% macro rule_of_names_in_full() -%}64{%- endmacro %}

{% macro rule_of_names_and_town() -%}128{%- endmacro %}

{#
    The most records that a block of the rule may have; `settings` is the settings' one row, `beliefs` that of
    int_match_prior. A key that says little may have as many more as the group is smaller: there all pairs are few. In a
    group too large for such keys a name that several bear says little too: whatever else speaks for two of them is
    mostly a key of its own. Of 690,000 pairs of one person among 850,000 records, names that six to ten bear were the
    only key of less than a hundred, and proposed 400,000 others.
#}
{% macro block_cap_of(rule) -%}
    {%- set group_records =
        "settings.prior_records * power(cast(2 as double precision), settings.prior_bits - beliefs.prior_bits)" -%}
    case
        when {{ rule }} >= {{ weakest_rule() }}
            then least(
                settings.block_cap,
                settings.weak_block_cap * greatest(1, settings.weak_cap_records / ({{ group_records }}))
            )
        when {{ rule }} = {{ rule_of_names() }} and {{ group_records }} > settings.weak_keys_up_to
            then settings.weak_block_cap / 2
        else settings.block_cap
    end
{%- endmacro %}


{#
    Whether the group is small enough for keys that say little. By the size that the prior stands for: it moves in
    steps, and with it everything is matched anew.
#}
{% macro is_group_small() -%}
    {%- if execute and flags.INTROSPECT and load_relation(ref('int_match_prior')) is not none -%}
        {{ return(run_query(
            "select max(case when setting = 'prior_bits' then value end) - max(beliefs.prior_bits)"
            ~ " <= ln("
            ~ "max(case when setting = 'weak_keys_up_to' then value end)"
            ~ " / max(case when setting = 'prior_records' then value end)"
            ~ ") / ln(2)"
            ~ " from " ~ ref('int_match_settings_chosen') ~ " cross join " ~ ref('int_match_prior') ~ " as beliefs"
        ).rows[0][0]) }}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro %}


{#
    The rules that this run makes keys by, each with the number of a record's key. In a group too large for it, a key
    that says little is not even made, nor one of a frequent name in a town: it was the only key of one pair of one
    person, and proposed 210,000 others.
#}
{% macro block_rules_of_the_group(is_small) -%}
    {%- set rules = {} -%}
    {%- for rule, key in block_rules().items()
        if is_small or (rule < weakest_rule() | int and rule != rule_of_names_and_town() | int) -%}
        {%- set condition, parts = key -%}
        {%- set block_id = block_id_of(rule, parts) -%}
        {%- do rules.update({
            rule: "case when " ~ condition ~ " then " ~ block_id ~ " end" if condition else block_id,
        }) -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}


{#
    The blocks that records left or came into in this run, which goes on from another, and how many more of them it has.
#}
{% macro blocks_moved() -%}
    select
        block_id,
        min(rule) as rule,
        sum(records_more) as records_more
    from (
        {% for keys, records_more in [
            (rows_of_run(ref('int_customer_block_keys')), 1),
            (rows_gone(ref('int_customer_block_keys')), -1),
        ] -%}
        select
            block_id,
            rule,
            {{ records_more }} as records_more
        from {{ keys }}

        {{ "union all" if not loop.last }}

        {% endfor -%}
    ) as keys_moved
    group by block_id
{%- endmacro %}
