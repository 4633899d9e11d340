with records as (

    select
        record_id,
        {{ hashed_64("concat(dealer_code, '|', source_system, '|', customer_source_id)") }} as card_id
    from {{ ref('int_customer_records_standardized') }}
    where is_usable_card

),

decisions as (

    select * from {{ ref('int_customer_decisions_resolved') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

-- Records with the number of one card are one person.
cards as (

    select
        card_id,
        min(record_id) as first_id
    from records
    group by card_id
    having count(*) > 1

),

links as (

    select
        left_id,
        right_id,
        'decision' as link_reason,
        cast({{ bits_of_a_decision() }} as decimal(18, 6)) as match_weight,
        cast(1 as decimal(18, 6)) as match_probability
    from decisions
    where decision = 'link'
    union all
    select
        cards.first_id as left_id,
        records.record_id as right_id,
        'same card' as link_reason,
        cast({{ bits_of_a_card() }} as decimal(18, 6)) as match_weight,
        cast(1 as decimal(18, 6)) as match_probability
    from records
    inner join cards on records.card_id = cards.card_id
    where records.record_id <> cards.first_id
    union all
    select
        pairs.left_id,
        pairs.right_id,
        'match' as link_reason,
        pairs.match_weight,
        pairs.match_probability
    from {{ ref('int_customer_pairs_linkable') }} as pairs
    cross join settings
    left join {{ ref('int_customer_links_remembered') }} as accepted_before
        on
            pairs.left_id = accepted_before.left_id
            and pairs.right_id = accepted_before.right_id
    where
        pairs.match_probability >= case
            when accepted_before.left_id is not null then settings.keep_probability
            else pairs.accepted_from
        end

),

ranked as (

    select
        links.*,
        row_number() over (
            partition by links.left_id, links.right_id
            order by links.match_weight desc, links.link_reason
        ) as strength
    from links
    left join decisions
        on
            links.left_id = decisions.left_id
            and links.right_id = decisions.right_id
            and decisions.decision = 'no_link'
    where decisions.left_id is null

),

final as (

    select
        left_id as left_node,
        right_id as right_node,
        link_reason,
        match_weight,
        match_probability
    from ranked
    where strength = 1

)

select * from final
