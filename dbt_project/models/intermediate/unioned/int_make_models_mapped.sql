-- Makes and models are typed in a thousand ways, but in few distinct ones: each way is mapped once, here.
with makes as (

    select * from {{ ref('xwalk_vehicle_makes') }}

),

models as (

    select * from {{ ref('xwalk_vehicle_models') }}

),

words as (

    select make, model, make_model from {{ ref('stg_dms__vehicles') }}
    union distinct
    select make, model, make_model from {{ ref('stg_dms__sales') }}
    union distinct
    select make, model, null as make_model from {{ ref('stg_dms__service_orders') }}
    union distinct
    select make, model, null as make_model from {{ ref('stg_web__leads') }}
    union distinct
    select make, model, null as make_model from {{ ref('stg_crm__invitations') }}
    union distinct
    select null as make, null as model, topic as make_model from {{ ref('stg_crm__contact_events') }}
    union distinct
    select brand as make, null as model, null as make_model from {{ ref('stg_market__registrations') }}

),

-- One phrase, make first: «Лада» + «Веста», «LADA Vesta» in one cell, and «LADA» + «LADA Vesta» read alike.
phrases as (

    select
        *,
        {{ make_model_key('make', 'model', 'make_model') }} as make_model_key,
        case
            when make is not null
                then concat_ws(' ', {{ alias_of('make') }}, {{ alias_of('coalesce(model, make_model)') }})
            else {{ alias_of('coalesce(make_model, model)') }}
        end as phrase
    from words
    where make is not null or model is not null or make_model is not null

),

-- The longest alias that the phrase begins with: «great wall» before «great».
makes_found as (

    select
        phrases.*,
        makes.make as known_make,
        trim(substring(phrases.phrase, length(makes.alias) + 1)) as rest,
        row_number() over (
            partition by phrases.make_model_key
            order by length(makes.alias) desc nulls last
        ) as alias_rank
    from phrases
    left join makes on concat(phrases.phrase, ' ') like concat(makes.alias, ' %')

),

-- The make may stand before the model once more.
models_named as (

    select
        makes_found.*,
        coalesce(
            trim(substring(makes_found.rest, length(repeated.alias) + 1)), makes_found.rest
        ) as model_phrase,
        row_number() over (
            partition by makes_found.make_model_key
            order by length(repeated.alias) desc nulls last
        ) as repeated_rank
    from makes_found
    left join makes as repeated
        on
            makes_found.known_make = repeated.make
            and concat(makes_found.rest, ' ') like concat(repeated.alias, ' %')
    where makes_found.alias_rank = 1

),

models_found as (

    select
        models_named.*,
        models.model as known_model,
        row_number() over (
            partition by models_named.make_model_key
            order by length(models.alias) desc nulls last
        ) as model_rank
    from models_named
    left join models
        on
            models_named.known_make = models.make
            and concat(models_named.model_phrase, ' ') like concat(models.alias, ' %')
    where models_named.repeated_rank = 1

),

final as (

    select
        make_model_key,
        make as source_make,
        model as source_model,
        make_model as source_make_model,
        coalesce(known_make, make) as make,
        coalesce(known_model, model, nullif(initcap(model_phrase), ''), make_model) as model,
        known_make is not null as is_make_known
    from models_found
    where model_rank = 1

)

select * from final
