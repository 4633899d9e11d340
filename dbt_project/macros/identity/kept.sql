{#
    Matching, from the standardised records to the clusters, keeps its tables from run to run. A run either makes all of
    them anew, or goes on with what the last one left: then rows that belong to records which have to be done again are
    deleted, and those records' rows are inserted. Each kept table is a function of the tables it reads, so it does not
    matter whether the last run's build was published.

    `int_customer_matching_state` says how the run is made and whether it came to its end. A run goes on only where the
    last one ended, with the same code and the same weights, and the group has not grown by a quarter; it is unlogged like the kept tables, so a crash of the
    server empties it with them. docs/decisions/0010-what-matching-keeps.md
#}

{#
    Materialises a model as a table whose rows belong to records. `redone` names, for each model that lists records to do
    again (record_id), the columns here that may hold them. Where the run goes on, the model's SQL gives the rows of
    these records alone.
#}
{% materialization kept, default %}
    {% if load_cached_relation(this) is none or not matching_goes_on() %}
        {{ return(made_whole()) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% for name, columns in config.require('redone').items() %}
        {% set listed = this.incorporate(path={'identifier': name}) %}
        {% for column in columns %}
            {% do run_query("delete from " ~ this ~ " as held using " ~ listed ~ " as listed where held." ~ column
                ~ " = listed.record_id") %}
        {% endfor %}
    {% endfor %}
    {% call statement('main') -%}
        insert into {{ this }}
        {{ sql }}
    {%- endcall %}
    {% do persist_docs(this, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [this]}) }}
{% endmaterialization %}


{% macro made_whole() -%}
    {{ return(adapter.dispatch('made_whole')()) }}
{%- endmacro %}

{% macro postgres__made_whole() -%}
    {{ return(materialization_table_postgres()) }}
{%- endmacro %}

{% macro spark__made_whole() -%}
    {{ return(dbt_spark.materialization_table_spark()) }}
{%- endmacro %}


{% macro matching_state() -%}
    {{ return(api.Relation.create(
        database=target.database, schema=generate_schema_name('build', none), identifier='int_customer_matching_state', type='table'
    )) }}
{%- endmacro %}


{# Whether this run of matching goes on with what the last one left. Spark makes everything anew. #}
{% macro matching_goes_on() -%}
    {{ return(adapter.dispatch('matching_goes_on')()) }}
{%- endmacro %}

{% macro postgres__matching_goes_on() -%}
    {%- set state = namespace(rows=[]) -%}
    {%- if execute and flags.INTROSPECT and is_there(matching_state()) -%}
        {%- set state.rows = run_query("select is_going_on from " ~ matching_state()).rows -%}
    {%- endif -%}
    {{ return(state.rows | length > 0 and state.rows[0][0]) }}
{%- endmacro %}

{% macro spark__matching_goes_on() -%}
    {{ return(false) }}
{%- endmacro %}


{# The same before the run begins: whether it can. #}
{% macro matching_can_go_on() -%}
    {{ return(adapter.dispatch('matching_can_go_on')()) }}
{%- endmacro %}

{% macro postgres__matching_can_go_on() -%}
    {%- set state = namespace(lacking=not (execute and flags.INTROSPECT and not flags.FULL_REFRESH), rows=[]) -%}
    {%- for name in [
        'int_customer_matching_state', 'int_customer_record_fingerprints', 'int_customer_block_keys',
        'int_customer_blocks_sized', 'int_customer_pairs_scored', 'int_customer_pairs_linkable',
        'int_customer_links_clustered', 'int_customer_records_grouped', 'int_customer_records_clustered',
    ] if not state.lacking -%}
        {%- set state.lacking = not is_there(matching_state().incorporate(path={'identifier': name})) -%}
    {%- endfor -%}
    {%- if not state.lacking -%}
        {%- set state.rows = run_query(
            "select state.is_complete and state.version = (" ~ matching_version() ~ ") and records.number <= 1.25 * held.number"
            ~ " from " ~ matching_state() ~ " as state"
            ~ " cross join (select count(*) as number from " ~ ref('int_customer_records_standardized') ~ ") as records"
            ~ " cross join (select count(*) as number from "
            ~ matching_state().incorporate(path={'identifier': 'int_customer_record_fingerprints'}) ~ ") as held"
        ).rows -%}
    {%- endif -%}
    {{ return(state.rows | length > 0 and state.rows[0][0]) }}
{%- endmacro %}

{% macro spark__matching_can_go_on() -%}
    {{ return(false) }}
{%- endmacro %}


{# What all pairs and clusters depend on beside the records: the code, the match model, the prior, the dealers. #}
{% macro matching_version() -%}
    select md5(concat_ws(
        '|',
        '{{ env_var("DEALER360_CODE_VERSION", "") }}',
        (select count(*) from {{ source('ops', 'dealers') }}),
        (select prior_bits from {{ ref('int_match_prior') }}),
        (
            select string_agg(cast(weights as text), '|' order by attribute, level)
            from {{ ref('int_match_weights_chosen') }} as weights
        ),
        (
            select string_agg(cast(settings as text), '|' order by setting)
            from {{ ref('int_match_settings_chosen') }} as settings
        )
    ))
{%- endmacro %}


{% macro is_there(relation) -%}
    {{ return(run_query("select to_regclass('" ~ relation ~ "') is not null").rows[0][0]) }}
{%- endmacro %}


{# Pre-hook of the first model of matching. #}
{% macro matching_begun() -%}
    {{ return(adapter.dispatch('matching_begun')()) }}
{%- endmacro %}

{% macro postgres__matching_begun() -%}
    create unlogged table if not exists {{ matching_state() }} (is_complete boolean, is_going_on boolean, version text);
    delete from {{ matching_state() }};
    insert into {{ matching_state() }} values (false, {{ matching_can_go_on() }}, ({{ matching_version() }}))
{%- endmacro %}

{% macro spark__matching_begun() -%}{%- endmacro %}


{# Post-hook of its last model. #}
{% macro matching_completed() -%}
    {{ return(adapter.dispatch('matching_completed')()) }}
{%- endmacro %}

{% macro postgres__matching_completed() -%}
    {% if execute and is_there(matching_state()) %}
    update {{ matching_state() }} set is_complete = true
    {% endif %}
{%- endmacro %}

{% macro spark__matching_completed() -%}{%- endmacro %}


{# A number that tells whether any column of a row has changed; `unread` are columns that do not matter. #}
{% macro row_fingerprint(relation, unread) -%}
    {{ return(adapter.dispatch('row_fingerprint')(relation, unread)) }}
{%- endmacro %}

{% macro postgres__row_fingerprint(relation, unread) -%}
    {%- if not execute or not flags.INTROSPECT -%}
        cast(null as bigint)
    {%- else -%}
        hash_record_extended(row(
            {%- for column in adapter.get_columns_in_relation(relation) if column.name not in unread %}
            {{ column.quoted }}{{ "," if not loop.last }}
            {%- endfor %}
        ), 0)
    {%- endif -%}
{%- endmacro %}

{% macro spark__row_fingerprint(relation, unread) -%}
    cast(null as bigint)
{%- endmacro %}


{# The standardised records whose keys this run finds. #}
{% macro records_to_key() -%}
    select records.*
    from {{ ref('int_customer_records_standardized') }} as records
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_records_changed') }} as changed on records.record_id = changed.record_id
    {%- endif %}
{%- endmacro %}
