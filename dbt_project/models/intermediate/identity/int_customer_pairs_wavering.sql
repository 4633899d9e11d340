-- depends_on: {{ ref('int_customer_records_restandardized') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}

with pairs as (

    select * from {{ ref('int_customer_pairs_scored') }}

),

-- Few pairs hang on what was: no longer sure enough to be linked, and too sure to be parted. What the version takes for
-- namesakes of one house was never right, however long it held.
wavering as (

    select
        left_id,
        right_id
    from pairs
    where
        match_probability >= {{ setting_chosen('keep_probability') }}
        and match_probability < accepted_from
        and (accepted_from <= 1 or is_name_alone)

),

{% if are_links_remembered_by_change() -%}
-- Who was compared again, of whom others say the same now, and whose link was remembered. Nobody else's link is.
final as (

    select * from wavering
    where
        {% for node in ['left_id', 'right_id'] -%}
        {{ node }} in (select redone.record_id from {{ ref('int_customer_records_restandardized') }} as redone)
        or {{ node }} in (select redone.record_id from {{ ref('int_customer_records_rematched') }} as redone)
        or
        {% endfor -%}
        left_id in (
            select before.left_id
            from {{ this.incorporate(path={'identifier': 'int_customer_links_remembered'}) }} as before
            where before.is_remembered
        )

)
{%- else -%}
final as (

    select * from wavering

)
{%- endif %}

select * from final
