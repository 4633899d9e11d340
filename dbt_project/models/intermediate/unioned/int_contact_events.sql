{% set automatic_words = '(auto|авто)[ -]?(reply|answer|response|ответ|информ)|(^|[ -])(bot|robot|бот|робот)($|[ -])' %}

-- One call is often told twice: by the telephone exchange and by the CRM. A call in and the call back are two contacts.
with records as (

    select
        *,
        {{ record_id() }} as contact_id
    from {{ ref('int_contact_events_unioned') }}

),

-- What the CRM calls a call of the same number and direction, at most two minutes away. Many CRMs tell no direction.
pairs as (

    select
        calls.contact_id,
        notes.contact_id as note_id,
        abs({{ minutes_between('calls.occurred_at', 'notes.occurred_at') }}) as minutes_apart
    from records as calls
    inner join records as notes
        on
            calls.dealer_code = notes.dealer_code
            and calls.phone_key = notes.phone_key
            and (calls.direction = notes.direction or notes.direction is null)
    where
        calls.source_system = 'telephony'
        and notes.source_system <> 'telephony'
        and calls.channel = 'call'
        and notes.channel = 'call'
        and abs({{ minutes_between('calls.occurred_at', 'notes.occurred_at') }}) <= 2

),

ranked as (

    select
        *,
        row_number() over (partition by contact_id order by minutes_apart, note_id) as note_rank,
        row_number() over (partition by note_id order by minutes_apart, contact_id) as call_rank
    from pairs

),

-- One note for one call: each the nearest to the other.
merged as (

    select contact_id, note_id
    from ranked
    where note_rank = 1 and call_rank = 1

),

-- The exchange knows when and how long; the CRM knows about what.
told as (

    select
        records.*,
        notes.topic as told_topic,
        notes.source_topic as told_source_topic,
        notes.campaign as told_campaign,
        case when notes.contact_id is null then 1 else 2 end as record_count
    from records
    left join merged on records.contact_id = merged.contact_id
    left join records as notes on merged.note_id = notes.contact_id
    left join merged as told_elsewhere on records.contact_id = told_elsewhere.note_id
    where told_elsewhere.note_id is null

),

final as (

    select
        contact_id,
        dealer_code,
        source_system,
        entity,
        source_record_id,
        occurred_at,
        direction,
        channel,
        source_channel,
        coalesce(topic, told_topic) as topic,
        outcome,
        employee,
        coalesce(campaign, told_campaign) as campaign,
        duration_s,
        {{ regexp_matched(
            "lower(concat_ws(' ', source_topic, told_source_topic, outcome, employee))", automatic_words
        ) }} as is_automatic,
        record_count
    from told

)

select * from final
