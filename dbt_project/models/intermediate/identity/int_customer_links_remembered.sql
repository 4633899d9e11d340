{{ config(pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ pairs_left_unsorted() }}"]) }}

-- All that says the same as one of these; a signature may have thousands, so they are met one link at a time.
with mentions as (

    select
        signatures.record_key,
        signatures.record_id
    from {{ ref('int_customer_record_signatures') }} as signatures
    where
        signatures.record_id in (
            select wavering.left_id from {{ ref('int_customer_pairs_wavering') }} as wavering

            union all

            select wavering.right_id from {{ ref('int_customer_pairs_wavering') }} as wavering
        )

),

-- Links of the last published build, by what their records say now: a link finds its ends, no mention another one.
links_of_today as (

    select
        least(left_side.record_id, right_side.record_id) as left_id,
        greatest(left_side.record_id, right_side.record_id) as right_id
    from {{ source('identity', 'current_accepted_links') }} as links
    inner join mentions as left_side on links.left_record = left_side.record_key
    inner join mentions as right_side on links.right_record = right_side.record_key
    where links.link_reason = 'match'
    {{ computed_once() }}

),

-- So that a link's ends are hashed once each.
wavering_either_way as (

    {% for one, other in [('left_id', 'right_id'), ('right_id', 'left_id')] -%}
    select
        left_id,
        right_id,
        {{ one }} as one_id,
        {{ other }} as other_id
    from {{ ref('int_customer_pairs_wavering') }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

-- Between what their records say now, and between what they said then, where the record that stood for it says
-- something else today and others still say the same. What a steward or a card linked holds as long as these say so.
remembered as (

    select
        wavering.left_id,
        wavering.right_id
    from links_of_today as links
    inner join {{ ref('int_customer_pairs_wavering') }} as wavering
        on
            links.left_id = wavering.left_id
            and links.right_id = wavering.right_id

    union

    select
        wavering.left_id,
        wavering.right_id
    from {{ source('identity', 'current_accepted_links') }} as links
    inner join wavering_either_way as wavering
        on
            {{ hashed_64('links.left_signature_id') }} = wavering.one_id
            and {{ hashed_64('links.right_signature_id') }} = wavering.other_id
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
