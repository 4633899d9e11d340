{# The rules of block_rules() from this one on are weak. #}
{% macro weakest_rule() -%}8192{%- endmacro %}

{# The rule by which surname and first name alone propose, and the one that asks for the town beside them. #}
{% macro rule_of_names() -%}32{%- endmacro %}

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
    The keys of a sort that this run makes of a record, in an array. In a group too large for it, a key that says little
    is not even made, nor one of a frequent name in a town: it was the only key of one pair of one person, and proposed
    210,000 others.
#}
{% macro block_ids_of(sort, is_small) -%}
    {%- set single_keys, listed_keys = [], [] -%}
    {%- for rule, key in block_rules()[sort].items()
        if is_small or (rule < weakest_rule() | int and rule != rule_of_names_and_town() | int) -%}
        {%- set condition, parts = key -%}
        {%- set block_id = block_id_of(rule, parts) -%}
        {%- set conditional = "case when " ~ condition ~ " then " ~ block_id ~ " end" -%}
        {%- do single_keys.append(conditional if condition else block_id) -%}
    {%- endfor -%}
    {%- for column, rule in block_rules_of_lists().items() if sort == 'other' -%}
        {%- do listed_keys.append(array_mapped(column, 'block_key', block_id_of(rule, ['block_key']))) -%}
    {%- endfor -%}
    {{ return(arrays_joined([array_of_known(single_keys)] + listed_keys)) }}
{%- endmacro %}


{#
    A row per key of the records of a relation like int_customer_records_keyed, of one sort or of all; with `blocks`, of
    those that this table lists. Two keys of a
    block that are both `is_left_to_dates` propose nothing: in a group too large for keys that say little, two records
    of one name that both tell a birth date are left to the keys of dates. Of 78,000 such pairs among 850,000 records
    450 were joined.
#}
{% macro keys_of_records(records, sorts=none, blocks=none) -%}
    {% for sort in sorts or block_rules().keys() -%}
    select
        record_id,
        is_left_to_dates,
        block_id
    from (
        select
            record_id,
            {{ "is_left_to_dates" if sort == 'name' else "false as is_left_to_dates" }},
            {{ elements(sort ~ '_block_ids') }} as block_id
        from {{ records }}
    ) as {{ sort }}_keys
    {{ "where block_id in (select met.block_id from " ~ blocks ~ " as met)" if blocks }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
{%- endmacro %}


{#
    The blocks that records left or came into in this run, which goes on from another: how many came, and how many more
    of them it has.
#}
{% macro blocks_moved() -%}
    select
        block_id,
        sum(records_come) as records_come,
        sum(records_more) as records_more
    from (
        {% for records, records_come, records_more in [
            (rows_of_run(ref('int_customer_records_keyed')), 1, 1),
            (rows_gone(ref('int_customer_records_keyed')), 0, -1),
        ] -%}
        select
            block_id,
            {{ records_come }} as records_come,
            {{ records_more }} as records_more
        from ({{ keys_of_records(records) }}) as keys_moved

        {{ "union all" if not loop.last }}

        {% endfor -%}
    ) as moved
    group by block_id
{%- endmacro %}


{#
    What the gathered blocks propose, pair by pair and rule by rule: all of a block with each other, but for two that
    are left to dates. Of two halves, which are told by the lesser record of a pair, that one which has this remainder.
    The table is named each time: else it is put by whole.
#}
{% macro pairs_of_half(remainder) -%}
    {%- set blocks = "(select * from " ~ ref('int_customer_blocks_gathered') ~ " where not is_too_large) as blocks" -%}
    {{ pairs_of_elements(blocks, 'rule', 'record_ids', 'left_id', 'right_id', "abs(left_id % 2) = " ~ remainder) }}

    union all

    select
        rule,
        least(one_id, other_id) as left_id,
        greatest(one_id, other_id) as right_id
    from (
        select
            rule,
            one_id,
            {{ elements('dated_record_ids') }} as other_id
        from (
            select
                rule,
                {{ elements('record_ids') }} as one_id,
                dated_record_ids
            from {{ blocks }}
            where dated_record_ids is not null
        ) as undated
    ) as mixed
    where abs(least(one_id, other_id) % 2) = {{ remainder }}
{%- endmacro %}
