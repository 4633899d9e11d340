{{ config(pre_hook="{{ pairs_left_unsorted() }}") }}

{#- Either way round: which of two records comes first says nothing of their signatures. Named twice: a table expression
    that is read twice is not read in parallel. -#}
{%- set sought -%}
    select
        left_id,
        right_id,
        first_signature_id as one_signature_id,
        second_signature_id as other_signature_id
    from {{ ref('int_customer_pairs_wavering') }}

    union all

    select
        left_id,
        right_id,
        second_signature_id as one_signature_id,
        first_signature_id as other_signature_id
    from {{ ref('int_customer_pairs_wavering') }}
{%- endset %}

with sought_by_record as (

    {{ sought }}

),

sought_by_signature as (

    {{ sought }}

),

-- All that says the same as one of these; a signature may have thousands, so they are met one link at a time.
mentions as (

    select
        signatures.record_key,
        signatures.signature_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    where signatures.signature_id in (select sought.one_signature_id from ({{ sought }}) as sought)

),

-- Links of the last published build: between the signatures that their records have now, and between the signatures
-- themselves, where the record that stood for one says something else today and others still say the same. What a
-- steward or a card linked holds as long as these say so.
remembered as (

    select
        sought.left_id,
        sought.right_id
    from {{ source('identity', 'current_accepted_links') }} as links
    inner join mentions as left_side on links.left_record = left_side.record_key
    inner join mentions as right_side on links.right_record = right_side.record_key
    inner join sought_by_record as sought
        on
            left_side.signature_id = sought.one_signature_id
            and right_side.signature_id = sought.other_signature_id
    where links.link_reason = 'match'

    union

    select
        sought.left_id,
        sought.right_id
    from {{ source('identity', 'current_accepted_links') }} as links
    inner join sought_by_signature as sought
        on
            links.left_signature_id = sought.one_signature_id
            and links.right_signature_id = sought.other_signature_id
    where links.link_reason = 'match'

),

{% if matching_goes_on() -%}
remembered_before as (

    select * from {{ this }}
    where is_remembered

),

final as (

    select
        coalesce(remembered.left_id, remembered_before.left_id) as left_id,
        coalesce(remembered.right_id, remembered_before.right_id) as right_id,
        remembered.left_id is not null as is_remembered,
        remembered_before.left_id is not null as was_remembered
    from remembered
    full outer join remembered_before
        on
            remembered.left_id = remembered_before.left_id
            and remembered.right_id = remembered_before.right_id

)
{%- else -%}
final as (

    select
        *,
        true as is_remembered,
        true as was_remembered
    from remembered

)
{%- endif %}

select * from final
