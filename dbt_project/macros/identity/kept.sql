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
    Materialises a model as a table whose rows belong to records, of matching unless `part` says otherwise. `redone`
    names, for each model that lists records to do again (record_id, or the column that `key` names), the columns here
    that may hold them; `redone_together` the same, where all of the columns have to. Where the run goes on, the model's
    SQL gives the rows of these records alone. With `rows_of_run` they stand in a small table of their own as well, from
    which later models read them (macro rows_of_run), and with `rows_gone` what was deleted (macro rows_gone). Of the records
    that a model lists only those count for which its condition in `redone_where` holds, where there is one. A table
    without `redone` depends on the version of its part alone (macro standardising_version), and stays as it is.
#}
{% materialization kept, default %}
    {% if load_cached_relation(this) is none or not goes_on(config.get('part', 'matching')) %}
        {{ return(made_whole()) }}
    {% endif %}
    {% if not config.get('redone') %}
        {% call statement('main') %}select 1{% endcall %}
        {{ return({'relations': [this]}) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- set made = table_of_run(this) -%}
    {%- set prepared = [hooks_as_sql(pre_hooks)] -%}
    {% if config.get('rows_of_run') %}
        {% do prepared.extend(
            ["drop table if exists " ~ made, table_filled_statement(made, "(" ~ sql ~ ")")] + table_analysed(made)
        ) %}
    {% endif %}
    {% call statement('main') -%}
        {{ (prepared + rows_deleted(this)) | join(';\n') }};
        insert into {{ this }}
        {{ "select * from " ~ made if config.get('rows_of_run') else sql }};
        {{ hooks_as_sql(post_hooks) }}
    {%- endcall %}
    {% do persist_docs(this, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [this]}) }}
{% endmaterialization %}


{# What this run deleted from a kept table that has `rows_gone`; of another one without an index, the places alone. #}
{% macro rows_gone(kept) -%}
    {{ return(kept.incorporate(path={'identifier': kept.identifier ~ '__gone'})) }}
{%- endmacro %}


{# The statements that delete what is to be made again. #}
{% macro rows_deleted(held) -%}
    {%- set conditions, lists = [], [] -%}
    {%- for name, columns in config.require('redone').items() -%}
        {%- do lists.append(keys_listed(held, name)) -%}
        {%- do conditions.extend(columns_listed(held, name, columns)) -%}
    {%- endfor -%}
    {%- for name, columns in config.get('redone_together', {}).items() -%}
        {%- do lists.append(keys_listed(held, name)) -%}
        {%- do conditions.append(columns_listed(held, name, columns) | join(" and ")) -%}
    {%- endfor -%}
    {%- if config.get('indexes') -%}
        {{ return(rows_deleted_by_indexes(held, conditions)) }}
    {%- endif -%}
    {{ return(rows_deleted_in_passing(held, conditions, lists)) }}
{%- endmacro %}

{% macro rows_deleted_by_indexes(held, conditions) -%}
    {%- set gone, statements = rows_gone(held), [] -%}
    {%- if not config.get('rows_gone') -%}
        {%- for condition in conditions -%}
            {%- do statements.append("delete from " ~ held ~ " as held where " ~ condition) -%}
        {%- endfor -%}
        {{ return(statements) }}
    {%- endif -%}
    {%- do statements.extend(["drop table if exists " ~ gone, "create unlogged table " ~ gone ~ " (like " ~ held ~ ")"]) -%}
    {%- for condition in conditions -%}
        {%- do statements.append(
            "with gone as (delete from " ~ held ~ " as held where " ~ condition ~ " returning held.*) insert into " ~ gone
            ~ " select * from gone"
        ) -%}
    {%- endfor -%}
    {{ return(statements + table_analysed(gone)) }}
{%- endmacro %}

{#
    Without an index in one pass, if there is anything to look for. To delete is one process's work, so several find the rows'
    places before, of which nobody else moves any.
#}
{% macro rows_deleted_in_passing(held, conditions, lists) -%}
    {%- set gone = rows_gone(held) -%}
    {{ return(
        [
            "drop table if exists " ~ gone,
            table_filled_statement(
                gone,
                "select " ~ ("held.*, " if config.get('rows_gone') else "") ~ "held.ctid as place from " ~ held
                ~ " as held where (exists " ~ lists | join(" or exists ") ~ ") and (" ~ conditions | join(" or ") ~ ")"
            ),
            "delete from " ~ held ~ " as held using " ~ gone ~ " as gone where held.ctid = gone.place",
        ]
        + (table_analysed(gone) if config.get('rows_gone') else [])
    ) }}
{%- endmacro %}


{# For each of the columns of a kept table the condition that a model lists what it holds. #}
{% macro columns_listed(held, name, columns) -%}
    {%- set conditions = [] -%}
    {%- for column in columns -%}
        {%- do conditions.append("held." ~ column ~ " in " ~ keys_listed(held, name)) -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}


{# What a model lists, of which there may be rows. #}
{% macro keys_listed(held, name) -%}
    {%- set condition = config.get('redone_where', {}).get(name) -%}
    {{ return(
        "(select listed." ~ config.get('key', 'record_id') ~ " from " ~ held.incorporate(path={'identifier': name})
        ~ " as listed" ~ (" where " ~ condition if condition else "") ~ ")"
    ) }}
{%- endmacro %}


{# What this run adds to a part's kept table that has `rows_of_run`; where everything is made anew, all of it. #}
{% macro rows_of_run(kept, part='matching') -%}
    {{ return(table_of_run(kept) if goes_on(part) else kept) }}
{%- endmacro %}

{% macro table_of_run(kept) -%}
    {{ return(kept.incorporate(path={'identifier': kept.identifier ~ '__of_run'})) }}
{%- endmacro %}


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


{#
    What a dbt command has found out once, for all its models: each of some hundred questions would cost dbt as much as a
    small model. It stands in dbt's cache of relations, which lives as long as the command, as one that no table has.
    `answer_known` is none where the question was not asked yet.
#}
{% macro answer_known(question) -%}
    {%- for answer in [true, false] if execute and load_cached_relation(answer_relation(question, answer)) is not none -%}
        {{ return(answer) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{% macro answer_noted(question, answer) -%}
    {%- if execute -%}
        {%- do adapter.cache_added(answer_relation(question, answer)) -%}
    {%- endif -%}
    {{ return(answer) }}
{%- endmacro %}

{% macro answer_relation(question, answer) -%}
    {{ return(kept_state(question).incorporate(path={'identifier': question ~ ': ' ~ answer})) }}
{%- endmacro %}


{# Whether this run of a part goes on with what the last one left. Spark makes everything anew. #}
{% macro goes_on(part) -%}
    {{ return(adapter.dispatch('goes_on')(part)) }}
{%- endmacro %}

{% macro postgres__goes_on(part) -%}
    {#- Noted by the command that began the run. -#}
    {%- set noted = answer_known(part ~ ' goes on') -%}
    {%- if noted is not none -%}
        {{ return(noted) }}
    {%- endif -%}
    {%- set state = namespace(is_going_on=false) -%}
    {%- if execute and flags.INTROSPECT and load_cached_relation(kept_state(part)) is not none -%}
        {#- A crash of the server leaves no row. -#}
        {%- set going_on = run_query("select count(*) from " ~ kept_state(part) ~ " where is_going_on") -%}
        {%- set state.is_going_on = going_on.rows[0][0] > 0 -%}
    {%- endif -%}
    {%- if state.is_going_on and flags.WHICH in ('run', 'build') -%}
        {{ exceptions.raise_compiler_error(
            "the last run of " ~ part ~ " went on from the one before, and what it worked on is gone or half done: "
            ~ model.name ~ " alone would lose records. Build identity whole (`dealer360 build`, or "
            ~ "`dbt build --select path:models/intermediate/identity`); nothing was changed"
        ) }}
    {%- endif -%}
    {{ return(state.is_going_on) }}
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
    record; `version` is the macro of what else they depend on.
#}
{% macro can_go_on(part, tables, version) -%}
    {{ return(adapter.dispatch('can_go_on')(part, tables, version)) }}
{%- endmacro %}

{% macro postgres__can_go_on(part, tables, version) -%}
    {%- set question = part ~ ' can go on' -%}
    {%- set noted = answer_known(question) -%}
    {%- if noted is not none -%}
        {{ return(noted) }}
    {%- endif -%}
    {%- set state = namespace(lacking=not (execute and flags.INTROSPECT and not flags.FULL_REFRESH), rows=[]) -%}
    {%- for name in ['int_customer_' ~ part ~ '_state'] + tables if not state.lacking -%}
        {%- set state.lacking = load_cached_relation(kept_state(part).incorporate(path={'identifier': name})) is none -%}
    {%- endfor -%}
    {%- if not state.lacking -%}
        {%- set records = kept_state(part).incorporate(path={'identifier': 'int_customer_records_unioned'}) -%}
        {%- set state.rows = run_query(
            "select is_complete and version = (" ~ version() ~ ") and "
            ~ rows_known(records) ~ " <= 1.25 * " ~ rows_known(kept_state(part).incorporate(path={'identifier': tables[0]}))
            ~ " from " ~ kept_state(part)
        ).rows -%}
    {%- endif -%}
    {{ return(answer_noted(question, state.rows | length > 0 and state.rows[0][0])) }}
{%- endmacro %}

{# How many rows the planner takes a table to have: counting them takes longer than a night's part may. #}
{% macro rows_known(table) -%}
    (select greatest(reltuples, 0) from pg_class where oid = to_regclass('{{ table }}'))
{%- endmacro %}

{% macro spark__can_go_on(part, tables, version) -%}
    {{ return(false) }}
{%- endmacro %}

{#
    Whether all records that may have changed since matching came to its end stand in int_customer_records_restandardized:
    standardising has run once since, and went on from the run that matching saw, or has not run again.
#}
{% macro are_changes_listed() -%}
    {{ return(adapter.dispatch('are_changes_listed')()) }}
{%- endmacro %}

{% macro postgres__are_changes_listed() -%}
    {%- set noted = answer_known('changes are listed') -%}
    {%- if noted is not none -%}
        {{ return(noted) }}
    {%- endif -%}
    {{ return(answer_noted(
        'changes are listed',
        matching_can_go_on()
        and load_cached_relation(kept_state('standardising')) is not none
        and run_query(
            "select count(*) from " ~ kept_state('matching') ~ " as matching inner join " ~ kept_state('standardising')
            ~ " as standardising on standardising.is_complete"
            ~ " and matching.follows in (standardising.run_id, standardising.follows)"
        ).rows[0][0] == 1
    )) }}
{%- endmacro %}

{% macro spark__are_changes_listed() -%}
    {{ return(false) }}
{%- endmacro %}

{#
    Whether a link that the last run of matching did not remember, and that nothing came or went of since, need not be looked
    for: the links of the published build are those that it saw, or those that it proposed (the build that is live is the one
    that was then, or the one that it was made for), and what has changed is listed.
#}
{% macro are_links_remembered_by_change() -%}
    {{ return(matching_goes_on() and are_changes_listed() and answer_known('published links are known')) }}
{%- endmacro %}

{% macro matching_can_go_on() -%}
    {{ return(can_go_on('matching', [
        'int_customer_records_clustered', 'int_customer_records_keyed', 'int_customer_blocks_sized',
        'int_customer_pairs_scored', 'int_customer_links_remembered', 'int_customer_links_proposed',
        'int_customer_decisions_clustered', 'int_customer_records_grouped',
    ], matching_version)) }}
{%- endmacro %}

{% macro standardising_can_go_on() -%}
    {{ return(
        can_go_on('standardising', [
            'int_customer_records_cleaned', 'int_customer_mentions_collected', 'int_customer_mentions_told_apart',
            'int_customer_record_signatures', 'int_customer_records_unioned', 'int_customer_record_phones',
            'int_customer_values_used', 'int_customer_values_crowded', 'int_customer_values_ruled_out',
            'int_dealer_surnames_counted', 'int_customer_vehicles_held', 'int_customer_record_vehicles',
            'int_employee_names_parsed', 'int_customer_phones_gathered', 'int_customer_records_standardized',
        ], standardising_version)
        and is_raw_known()
    ) }}
{%- endmacro %}


{#
    Whether raw says by its batches what has changed since standardising last ran: it has lost nothing that was seen then,
    would have told so, and the batches in between do not have so many rows that all is made anew more cheaply.
#}
{% macro is_raw_known() -%}
    {{ return(adapter.dispatch('is_raw_known')()) }}
{%- endmacro %}

{% macro postgres__is_raw_known() -%}
    {%- set question = 'raw is known' -%}
    {%- set noted = answer_known(question) -%}
    {%- if noted is not none -%}
        {{ return(noted) }}
    {%- endif -%}
    {%- set tables = [] -%}
    {%- for model in staged_with_persons() -%}
        {%- do tables.append(source('raw', model.removeprefix('stg_'))) -%}
    {%- endfor -%}
    {%- set mentions = kept_state('standardising').incorporate(path={'identifier': 'int_customer_mentions_collected'}) -%}
    {%- set rows = run_query(
        "with between_runs as (select state.horizon as horizon_before, current_build.horizon, state.rows_lost from "
        ~ kept_state('standardising') ~ " as state cross join " ~ source('ops', 'current_build') ~ " as current_build)"
        ~ " select (" ~ rows_lost('horizon_before') ~ ") = rows_lost and (select count(*) from pg_trigger where"
        ~ " tgname like 'note_rows_%' and tgenabled <> 'D' and tgrelid in ('"
        ~ tables | join("'::regclass, '") ~ "'::regclass)) = 3 * " ~ tables | length
        ~ " and ((select count(*) from " ~ tables | join(" where " ~ seen_by_one_of_two() ~ ") + (select count(*) from ")
        ~ " where " ~ seen_by_one_of_two() ~ ")) <= 0.25 * " ~ rows_known(mentions) ~ " from between_runs"
    ).rows -%}
    {{ return(answer_noted(question, rows | length > 0 and rows[0][0])) }}
{%- endmacro %}

{% macro spark__is_raw_known() -%}
    {{ return(false) }}
{%- endmacro %}

{# How many statements have taken from raw what a run with this horizon saw. #}
{% macro rows_lost(horizon) -%}
    select count(*) from {{ source('ops', 'raw_rows_lost') }} where lowest_batch_seq <= {{ horizon }}
{%- endmacro %}

{# Of a row of raw, that one of two runs sees it and the other does not: `between_runs` has both horizons. #}
{% macro seen_by_one_of_two() -%}
    _batch_seq > (select least(horizon, horizon_before) from between_runs)
        and _batch_seq <= (select greatest(horizon, horizon_before) from between_runs)
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
    What standardised records depend on beside raw and day: the code with its seeds, where a dealer's phones are, the
    shares of names that belong to the match model, and that raw's tables are those that were read. So are their triggers:
    one that was made or switched on since (its row is another transaction's) was not there to tell all.
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
        ),
        (
            select string_agg(concat(tables.oid, ' ', triggers.xmin), '|' order by tables.relname, triggers.tgname)
            from pg_class as tables
            left join pg_trigger as triggers on tables.oid = triggers.tgrelid and triggers.tgname like 'note_rows_%'
            where tables.relnamespace = to_regnamespace('raw') and tables.relkind in ('r', 'p')
        )
    ))
{%- endmacro %}


{#
    Pre-hook of the first model of a part. `follows` is the part whose last run this one makes use of: of itself where it goes
    on, and matching of standardising. A run is told by the number of the transaction that began it, which no other has, and
    by the dbt command: no other one goes on with it, or says that it came to its end. `seen` are more columns: what the run
    sees.
#}
{% macro part_begun(part, is_going_on, version, follows, seen=[]) -%}
    {{ return(adapter.dispatch('part_begun')(part, is_going_on, version, follows, seen)) }}
{%- endmacro %}

{% macro postgres__part_begun(part, is_going_on, version, follows, seen) -%}
    {%- set state = namespace(follows='null') -%}
    {%- do answer_noted(part ~ ' goes on', is_going_on) -%}
    {%- if execute and (is_going_on or follows != part) and load_cached_relation(kept_state(follows)) is not none -%}
        {%- set state.follows = run_query("select max(run_id) from " ~ kept_state(follows)).rows[0][0] or 'null' -%}
    {%- endif -%}
    drop table if exists {{ kept_state(part) }};
    create unlogged table {{ kept_state(part) }} as
    select
        false as is_complete,
        {{ is_going_on }} as is_going_on,
        ({{ version }}) as version,
        cast(cast(pg_current_xact_id() as text) as bigint) as run_id,
        cast({{ state.follows }} as bigint) as follows,
        {% for column in seen -%}
        {{ column }},
        {% endfor -%}
        '{{ invocation_id }}' as begun_by
{%- endmacro %}

{% macro spark__part_begun(part, is_going_on, version, follows, seen) -%}{%- endmacro %}

{% macro matching_begun() -%}
    {{ part_begun('matching', matching_can_go_on(), matching_version(), 'standardising', links_seen()) }}
{%- endmacro %}

{# The build that a run of matching is made for, and the one whose links it sees; whether the run before knows these. #}
{% macro links_seen() -%}
    {{ return(adapter.dispatch('links_seen')()) }}
{%- endmacro %}

{% macro postgres__links_seen() -%}
    {%- do answer_noted(
        'published links are known',
        matching_can_go_on()
        and run_query(
            "select count(*) from " ~ kept_state('matching') ~ " as matching inner join " ~ source('ops', 'live')
            ~ " as live on live.build_id in (matching.build_id, matching.live_build_id)"
        ).rows[0][0] == 1
    ) -%}
    {{ return([
        "(select build_id from " ~ source('ops', 'current_build') ~ ") as build_id",
        "(select build_id from " ~ source('ops', 'live') ~ ") as live_build_id",
    ]) }}
{%- endmacro %}

{% macro spark__links_seen() -%}
    {{ return([]) }}
{%- endmacro %}

{% macro standardising_begun() -%}
    {%- set is_going_on = standardising_can_go_on() -%}
    {{ part_begun('standardising', is_going_on, standardising_version(), 'standardising', raw_seen(is_going_on)) }}
{%- endmacro %}


{#
    What a run of standardising sees of raw, and on which day; where it goes on, also what the last one saw. What raw lost
    of that since it was asked whether the run can go on is left out, so that the next one notices.
#}
{% macro raw_seen(is_going_on) -%}
    {{ return(adapter.dispatch('raw_seen')(is_going_on)) }}
{%- endmacro %}

{% macro postgres__raw_seen(is_going_on) -%}
    {%- set build = source('ops', 'current_build') -%}
    {%- set before, lost = ['null', 'null'], "(" ~ rows_lost("(select horizon from " ~ build ~ ")") ~ ")" -%}
    {%- if is_going_on -%}
        {%- set before = run_query(
            "select horizon, quote_literal(as_of_date), rows_lost from " ~ kept_state('standardising')
        ).rows[0] -%}
        {%- set lost = lost ~ " - (" ~ rows_lost(before[0]) ~ ") + " ~ before[2] -%}
    {%- endif -%}
    {{ return([
        "(select horizon from " ~ build ~ ") as horizon",
        "(select as_of_date from " ~ build ~ ") as as_of_date",
        lost ~ " as rows_lost",
        "cast(" ~ before[0] ~ " as bigint) as horizon_before",
        "cast(" ~ before[1] ~ " as date) as as_of_date_before",
    ]) }}
{%- endmacro %}

{% macro spark__raw_seen(is_going_on) -%}
    {{ return([]) }}
{%- endmacro %}


{# Post-hook of its last model. #}
{% macro part_completed(part) -%}
    {{ return(adapter.dispatch('part_completed')(part)) }}
{%- endmacro %}

{% macro postgres__part_completed(part) -%}
    {% if answer_known(part ~ ' goes on') is not none %}
    update {{ kept_state(part) }} set is_complete = true where begun_by = '{{ invocation_id }}'
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
