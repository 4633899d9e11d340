{#
    Two parts of identity keep tables from run to run: standardising, from the records' cells to what they say, and matching,
    from the standardised records to the clusters. A run of a part either makes all of them anew, or goes on with what the
    last one left: then rows that belong to records which have to be done again are deleted, and those records' rows are
    inserted. Each kept table is a function of the tables it reads, so it does not matter whether the last run's build was
    published.

    `int_customer_<part>_state` says how the run is made and whether it came to its end. A run goes on only where the
    last one ended, with the same code and the same settings, and the group has not grown by a quarter; it is unlogged like
    most kept tables, so a crash of the server empties it with them. docs/decisions/0010-what-matching-keeps.md,
    0021-what-standardising-keeps.md
#}

{#
    Materialises a model as a table whose rows belong to records, of matching unless `part` says otherwise. `redone` names,
    for each model that lists records to do again (record_id), the columns here that may hold them. Where the run goes on,
    the model's SQL gives the rows of these records alone.
#}
{% materialization kept, default %}
    {% if load_cached_relation(this) is none or not goes_on(config.get('part', 'matching')) %}
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


{# The table with the one row that tells how a part's run is made. #}
{% macro kept_state(part) -%}
    {{ return(api.Relation.create(
        database=target.database, schema=generate_schema_name('build', none), identifier='int_customer_' ~ part ~ '_state',
        type='table'
    )) }}
{%- endmacro %}


{# Whether this run of a part goes on with what the last one left. Spark makes everything anew. #}
{% macro goes_on(part) -%}
    {{ return(adapter.dispatch('goes_on')(part)) }}
{%- endmacro %}

{% macro postgres__goes_on(part) -%}
    {%- set state = namespace(rows=[]) -%}
    {#- As dbt found the tables when it started: a run that made this one first has nothing to go on with. -#}
    {%- if execute and flags.INTROSPECT and load_cached_relation(kept_state(part)) is not none -%}
        {%- set state.rows = run_query("select is_going_on from " ~ kept_state(part)).rows -%}
    {%- endif -%}
    {{ return(state.rows | length > 0 and state.rows[0][0]) }}
{%- endmacro %}

{% macro spark__goes_on(part) -%}
    {{ return(false) }}
{%- endmacro %}

{% macro matching_goes_on() -%}
    {{ return(goes_on('matching')) }}
{%- endmacro %}

{% macro standardising_goes_on() -%}
    {{ return(goes_on('standardising')) }}
{%- endmacro %}


{#
    The same before the run begins: whether it can. `tables` are those that the part keeps, the first has a row for each
    of the `records`; `version` is the macro of what else they depend on.
#}
{% macro can_go_on(part, tables, records, version) -%}
    {{ return(adapter.dispatch('can_go_on')(part, tables, records, version)) }}
{%- endmacro %}

{% macro postgres__can_go_on(part, tables, records, version) -%}
    {%- set state = namespace(lacking=not (execute and flags.INTROSPECT and not flags.FULL_REFRESH), rows=[]) -%}
    {%- for name in ['int_customer_' ~ part ~ '_state'] + tables if not state.lacking -%}
        {%- set state.lacking = load_cached_relation(kept_state(part).incorporate(path={'identifier': name})) is none -%}
    {%- endfor -%}
    {%- if not state.lacking -%}
        {%- set state.rows = run_query(
            "select is_complete and version = (" ~ version() ~ ") and "
            ~ rows_known(records) ~ " <= 1.25 * " ~ rows_known(kept_state(part).incorporate(path={'identifier': tables[0]}))
            ~ " from " ~ kept_state(part)
        ).rows -%}
    {%- endif -%}
    {{ return(state.rows | length > 0 and state.rows[0][0]) }}
{%- endmacro %}

{# How many rows the planner takes a table to have: counting them takes longer than a night's part may. #}
{% macro rows_known(table) -%}
    (select greatest(reltuples, 0) from pg_class where oid = to_regclass('{{ table }}'))
{%- endmacro %}

{% macro spark__can_go_on(part, tables, records, version) -%}
    {{ return(false) }}
{%- endmacro %}

{% macro matching_can_go_on() -%}
    {{ return(can_go_on('matching', [
        'int_customer_record_fingerprints', 'int_customer_block_keys', 'int_customer_blocks_sized',
        'int_customer_pairs_scored', 'int_customer_links_remembered', 'int_customer_links_proposed',
        'int_customer_links_clustered', 'int_customer_decisions_clustered', 'int_customer_records_grouped',
        'int_customer_records_clustered',
    ], ref('int_customer_records_unioned'), matching_version)) }}
{%- endmacro %}

{% macro standardising_can_go_on() -%}
    {{ return(can_go_on('standardising', [
        'int_customer_records_cleaned', 'int_customer_record_phones', 'int_customer_values_used',
        'int_customer_values_crowded', 'int_customer_values_ruled_out', 'int_customer_phones_gathered',
        'int_customer_records_standardized',
    ], ref('int_customer_records_unioned'), standardising_version)) }}
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


{#
    What standardised records depend on beside cells and day: the code with its seeds, where a dealer's phones are, and the
    shares of names that belong to the match model.
#}
{% macro standardising_version() -%}
    select md5(concat_ws(
        '|',
        '{{ env_var("DEALER360_CODE_VERSION", "") }}',
        (
            select string_agg(concat(dealer_code, '=', phone_region), '|' order by dealer_code)
            from {{ source('ops', 'dealers') }}
        ),
        (select max(value) from {{ source('ops', 'settings') }} where setting = 'default_phone_region'),
        (
            select max(models.content_hash)
            from {{ source('identity', 'match_models') }} as models
            inner join {{ source('ops', 'current_build') }} as current_build
                on models.model_version = current_build.identity_version
        )
    ))
{%- endmacro %}


{% macro is_there(relation) -%}
    {{ return(run_query("select to_regclass('" ~ relation ~ "') is not null").rows[0][0]) }}
{%- endmacro %}


{# Pre-hook of the first model of a part. #}
{% macro part_begun(part, is_going_on, version) -%}
    {{ return(adapter.dispatch('part_begun')(part, is_going_on, version)) }}
{%- endmacro %}

{% macro postgres__part_begun(part, is_going_on, version) -%}
    create unlogged table if not exists {{ kept_state(part) }} (is_complete boolean, is_going_on boolean, version text);
    delete from {{ kept_state(part) }};
    insert into {{ kept_state(part) }} values (false, {{ is_going_on }}, ({{ version }}))
{%- endmacro %}

{% macro spark__part_begun(part, is_going_on, version) -%}{%- endmacro %}

{% macro matching_begun() -%}
    {{ part_begun('matching', matching_can_go_on(), matching_version()) }}
{%- endmacro %}

{% macro standardising_begun() -%}
    {{ part_begun('standardising', standardising_can_go_on(), standardising_version()) }}
{%- endmacro %}


{# Post-hook of its last model. #}
{% macro part_completed(part) -%}
    {{ return(adapter.dispatch('part_completed')(part)) }}
{%- endmacro %}

{% macro postgres__part_completed(part) -%}
    {% if execute and is_there(kept_state(part)) %}
    update {{ kept_state(part) }} set is_complete = true
    {% endif %}
{%- endmacro %}

{% macro spark__part_completed(part) -%}{%- endmacro %}


{# A number that tells whether any column of a row has changed. #}
{% macro row_fingerprint(row) -%}
    {{ return(adapter.dispatch('row_fingerprint')(row)) }}
{%- endmacro %}

{% macro postgres__row_fingerprint(row) -%}
    hash_record_extended({{ row }}, 0)
{%- endmacro %}

{% macro spark__row_fingerprint(row) -%}
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
