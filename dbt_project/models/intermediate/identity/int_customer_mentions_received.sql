{{ config(pre_hook="{{ standardising_begun() }}") }}

-- A record is another than in the last run only where that one saw a version that this one does not see, or the other
-- way round. Where everything is made anew nobody asks.
with {% if standardising_can_go_on() -%}
between_runs as (

    select
        horizon,
        horizon_before
    from {{ kept_state('standardising') }}

),

{% endif -%}
versions as (

    {% for model in staged_with_persons() -%}
    {%- set source_system, entity = model.removeprefix('stg_').split('__') -%}
    select distinct
        dealer_code,
        '{{ source_system }}' as source_system,
        '{{ entity }}' as entity,
        source_record_id
    from {{ source('raw', source_system ~ '__' ~ entity) }}
    where {{ seen_by_one_of_two() if standardising_can_go_on() else 'false' }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
),

keyed as (

    select
        *,
        concat(dealer_code, '/', source_system, '/', entity, '/', source_record_id) as row_key
    from versions

),

final as (

    select
        *,
        row_key as record_key
    from keyed

    {% for model, roles in staged_with_persons().items() -%}
    {%- set source_system, entity = model.removeprefix('stg_').split('__') -%}
    {%- for role in roles -%}
    union all

    select
        *,
        concat(row_key, '{{ role }}') as record_key
    from keyed
    where
        source_system = '{{ source_system }}'
        and entity = '{{ entity }}'

    {% endfor -%}
    {%- endfor -%}
)

select * from final
