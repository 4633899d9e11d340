-- depends_on: {{ ref('int_customer_records_restandardized') }}
-- depends_on: {{ ref('int_customer_records_changed') }}

{%- set scored = ref('int_customer_pairs_scored') %}
{%- set columns = 'left_id, right_id, match_probability, accepted_from, is_name_alone' %}

with
{% if are_links_remembered_by_change() -%}
-- Of whom others say the same now though he did not change, and one of whose links was remembered.
otherwise as (

    select listed.record_id
    from {{ ref('int_customer_records_restandardized') }} as listed
    left join {{ ref('int_customer_records_changed') }} as changed on listed.record_id = changed.record_id
    where changed.record_id is null

    union

    select left_id as record_id
    from {{ this.incorporate(path={'identifier': 'int_customer_links_remembered'}) }}
    where is_remembered

),

-- Theirs, which one pass finds if there are any, and those that were scored in this run. Nobody else's link is
-- remembered otherwise than it was.
pairs as (

    select {{ columns }}
    from {{ rows_of_run(scored) }}

    union

    select {{ columns }}
    from {{ scored }}
    where
        exists (select 1 from otherwise)
        and (
            left_id in (select otherwise.record_id from otherwise)
            or right_id in (select otherwise.record_id from otherwise)
        )

),
{%- else -%}
pairs as (

    select * from {{ scored }}

),
{%- endif %}

-- Few pairs hang on what was: no longer sure enough to be linked, and too sure to be parted. What the version takes for
-- namesakes of one house was never right, however long it held.
final as (

    select
        left_id,
        right_id
    from pairs
    where
        match_probability >= {{ setting_chosen('keep_probability') }}
        and match_probability < accepted_from
        and (accepted_from <= 1 or is_name_alone)

)

select * from final
