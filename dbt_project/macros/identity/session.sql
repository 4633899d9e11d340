{#
    Pre-hook of the models that sort or join everything: memory for this transaction alone, no compiling, and no fear of
    handing many rows from one process to another.
#}
{% macro large_sorts_allowed() -%}
    {{ return(adapter.dispatch('large_sorts_allowed')()) }}
{%- endmacro %}

{% macro postgres__large_sorts_allowed() -%}
    set local work_mem = '256MB'; set local jit = off;
    set local parallel_tuple_cost = 0.001; set local parallel_setup_cost = 100
{%- endmacro %}

{% macro spark__large_sorts_allowed() -%}{%- endmacro %}


{#
    Pre-hook of the model that compares all pairs with all that their records say. With less memory the planner keeps the
    pairs by hash, where each record meets its own in passing, and not the records, which are ten times as wide. The pairs of
    a night are a small table, which one process would read, but each takes long to look up and compare.
#}
{% macro pairs_met_by_hash() -%}
    {{ return(adapter.dispatch('pairs_met_by_hash')()) }}
{%- endmacro %}

{% macro postgres__pairs_met_by_hash() -%}
    set local work_mem = '48MB'
    {%- if matching_goes_on() -%}
    ; set local min_parallel_table_scan_size = 0
    {%- endif -%}
{%- endmacro %}

{% macro spark__pairs_met_by_hash() -%}{%- endmacro %}


{#
    Pre-hook of models that read whole tables where matching makes everything anew, and look a few rows up where it
    goes on: there an index would be a detour, also to a tenth of the rows; here everything else would be. The page costs
    of a night are those of tables that lie in memory.
#}
{% macro indexes_where_few_are_looked_up() -%}
    {{ return(adapter.dispatch('indexes_where_few_are_looked_up')()) }}
{%- endmacro %}

{% macro postgres__indexes_where_few_are_looked_up() -%}
    {% if matching_goes_on() -%}
    set local seq_page_cost = 0.1; set local random_page_cost = 0.1
    {%- else -%}
    set local enable_indexscan = off; set local random_page_cost = 4
    {%- endif %}
{%- endmacro %}

{% macro spark__indexes_where_few_are_looked_up() -%}{%- endmacro %}


{#
    Pre-hook of models that go through a kept table where matching goes on, to find what few records have there: one process
    does it in passing, several hand each other all of it.
#}
{% macro nights_in_one_process() -%}
    {{ return(adapter.dispatch('nights_in_one_process')()) }}
{%- endmacro %}

{% macro postgres__nights_in_one_process() -%}
    {% if matching_goes_on() -%}
    set local max_parallel_workers_per_gather = 0
    {%- endif %}
{%- endmacro %}

{% macro spark__nights_in_one_process() -%}{%- endmacro %}


{#
    Both for standardising, whose tables are all looked up by hash or index where it goes on: a sort of one of them, or
    a further process, would read all of it.
#}
{% macro records_looked_up() -%}
    {{ return(adapter.dispatch('records_looked_up')()) }}
{%- endmacro %}

{% macro postgres__records_looked_up() -%}
    set local enable_mergejoin = off
    {%- if standardising_goes_on() -%}
    ; set local seq_page_cost = 0.1; set local random_page_cost = 0.1; set local max_parallel_workers_per_gather = 0
    {%- else -%}
    ; set local enable_indexscan = off
    {%- endif -%}
{%- endmacro %}

{% macro spark__records_looked_up() -%}{%- endmacro %}


{#
    Pre-hook of the models that read the keys of all records. Where matching makes everything anew, a table is read by
    one process, which brings millions of small groups in order; another one does so with the next. Where it goes on,
    several processes look for a few blocks in one table, and hand on what they find, not what they read.
#}
{% macro keys_read_in_passing() -%}
    {{ return(adapter.dispatch('keys_read_in_passing')()) }}
{%- endmacro %}

{% macro postgres__keys_read_in_passing() -%}
    set local seq_page_cost = 0.1; set local random_page_cost = 0.1
    {%- if matching_goes_on() -%}
    ; set local parallel_tuple_cost = 0.02
    {%- else -%}
    ; set local parallel_tuple_cost = 0.1; set local min_parallel_table_scan_size = '1TB'
    {%- endif %}
{%- endmacro %}

{% macro spark__keys_read_in_passing() -%}{%- endmacro %}


{#
    Pre-hook of the models that look something up for each of many pairs or links: by hash, in passing. The planner would
    rather sort them all by name, or fetch them one by one in the order of an index.
#}
{% macro pairs_left_unsorted() -%}
    {{ return(adapter.dispatch('pairs_left_unsorted')()) }}
{%- endmacro %}

{% macro postgres__pairs_left_unsorted() -%}
    set local enable_mergejoin = off
{%- endmacro %}

{% macro spark__pairs_left_unsorted() -%}{%- endmacro %}


{#
    Pre-hook of the models that group rows by two or three: in order they stand beside each other, by hash each of them
    would be another leap through memory.
#}
{% macro small_groups_in_order() -%}
    {{ return(adapter.dispatch('small_groups_in_order')()) }}
{%- endmacro %}

{% macro postgres__small_groups_in_order() -%}
    set local enable_hashagg = off
{%- endmacro %}

{% macro spark__small_groups_in_order() -%}{%- endmacro %}


{#
    Post-hook of the identity models: the next one joins this table, and would be planned blindly without. A table of
    which a run changes some rows alone is known well enough. A third of the usual sample tells how many rows and values
    there are, which is all that these joins are planned by.
#}
{% macro statistics_gathered() -%}
    {{ return(adapter.dispatch('statistics_gathered')()) }}
{%- endmacro %}

{% macro postgres__statistics_gathered() -%}
    {%- set is_kept = config.get('materialized') == 'kept' and goes_on(config.get('part', 'matching')) -%}
    {%- if not is_kept and config.get('materialized') != 'view' -%}
        set local default_statistics_target = 30; analyze {{ this }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__statistics_gathered() -%}{%- endmacro %}


{# Post-hook of a kept table of whose growth the runs take notice (macro rows_known). #}
{% macro rows_counted() -%}
    {{ return(adapter.dispatch('rows_counted')()) }}
{%- endmacro %}

{% macro postgres__rows_counted() -%}
    analyze {{ this }} (record_id)
{%- endmacro %}

{% macro spark__rows_counted() -%}{%- endmacro %}
