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
        "settings.prior_records * power(" ~ to_double('2') ~ ", settings.prior_bits - beliefs.prior_bits)" -%}
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
    steps, and with it everything is matched anew. The columns of the keys follow from it, so whoever runs one model that
    reads them by hand runs int_customer_records_keyed with it.
#}
{% macro is_group_small() -%}
    {%- set noted = answer_known('group is small') -%}
    {%- if noted is not none -%}
        {{ return(noted) }}
    {%- endif -%}
    {%- if execute and flags.INTROSPECT and load_relation(ref('int_match_prior')) is not none -%}
        {{ return(answer_noted('group is small', run_query(
            "select max(case when setting = 'prior_bits' then value end) - max(beliefs.prior_bits)"
            ~ " <= ln("
            ~ "max(case when setting = 'weak_keys_up_to' then value end)"
            ~ " / max(case when setting = 'prior_records' then value end)"
            ~ ") / ln(2)"
            ~ " from " ~ ref('int_match_settings_chosen') ~ " cross join " ~ ref('int_match_prior') ~ " as beliefs"
        ).rows[0][0])) }}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro %}


{#
    The rules whose keys this run makes, by sort. In a group too large for it, a key that says little is not even made,
    nor one of a frequent name in a town: it was the only key of one pair of one person, and proposed 210,000 others.
#}
{% macro rules_made() -%}
    {%- set is_small, made = is_group_small(), {} -%}
    {%- for sort, keys in block_rules().items() -%}
        {%- do made.update({sort: []}) -%}
        {%- for rule in keys
            if is_small or (rule < weakest_rule() | int and rule != rule_of_names_and_town() | int) -%}
            {%- do made[sort].append(rule) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do made['other'].extend(block_rules_of_lists()) -%}
    {{ return(made) }}
{%- endmacro %}


{# The column in which the key of a rule stands. #}
{% macro block_column(sort, rule) -%}
    {{ return(sort ~ '_block_id_' ~ rule) }}
{%- endmacro %}


{# The keys of a record by their columns, null where it has none; of lists those of their first values. #}
{% macro block_keys() -%}
    {%- set lists, keys = block_rules_of_lists(), [] -%}
    {%- for sort, rules in rules_made().items() -%}
        {%- for rule in rules -%}
            {%- set condition, parts =
                (none, [element_of(lists[rule], 1)]) if rule in lists else block_rules()[sort][rule] -%}
            {%- set key = block_id_of(rule, parts) -%}
            {%- set conditional = "case when " ~ condition ~ " then " ~ key ~ " end" -%}
            {%- do keys.append((conditional if condition else key) ~ " as " ~ block_column(sort, rule)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}


{#
    A select of the same of the further values of a relation's lists, a row for each that stands behind the first. Lists
    taken apart in the record's own row would leave all records to one process.
#}
{% macro further_keys(records) -%}
    {%- set further_lists, values, conditions, keys = [], [], [], [] -%}
    {%- for rule, list in block_rules_of_lists().items() -%}
        {%- do further_lists.append(elements_from(list, 2)) -%}
        {%- do values.append("value_" ~ rule) -%}
        {%- do conditions.append(element_of(list, 2) ~ " is not null") -%}
    {%- endfor -%}
    {%- for sort, rules in rules_made().items() -%}
        {%- for rule in rules -%}
            {%- set key = block_id_of(rule, ["value_" ~ rule]) if rule in block_rules_of_lists() else "null" -%}
            {%- do keys.append(key ~ " as " ~ block_column(sort, rule)) -%}
        {%- endfor -%}
    {%- endfor -%}
    select
        records.record_id,
        null as fingerprint,
        null as card_id,
        false as is_left_to_dates,
        {{ keys | join(",\n        ") }}
    from {{ records }} as records
    {{ unnested_together(further_lists, 'further', values) }}
    where {{ conditions | join(" or ") }}
{%- endmacro %}


{#
    A row per key by one rule of the records of a relation like int_customer_records_keyed; with `blocks`, of those that
    this table lists. Two keys of a block that are both `is_left_to_dates` propose nothing: in a group too large for
    keys that say little, two records of one name that both tell a birth date are left to the keys of dates. Of 78,000
    such pairs among 850,000 records 450 were joined.
#}
{% macro keys_of_rule(records, sort, rule, blocks=none) -%}
    {%- set column = block_column(sort, rule) -%}
    {%- set listed = "(select met.block_id from " ~ blocks ~ " as met where met.is_met and met.rule = " ~ rule ~ ")" -%}
    select
        record_id,
        {{ "is_left_to_dates" if sort == 'name' else "false as is_left_to_dates" }},
        {{ column }} as block_id
    from {{ records }}
    where {{ column }} {{ "in " ~ listed if blocks else "is not null" }}
{%- endmacro %}


{# The same by all rules. #}
{% macro keys_of_records(records, blocks=none) -%}
    {%- set selects = [] -%}
    {%- for sort, rules in rules_made().items() -%}
        {%- for rule in rules -%}
            {%- do selects.append(keys_of_rule(records, sort, rule, blocks)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(selects | join("\n\nunion all\n\n")) }}
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
