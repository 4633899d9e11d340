{% set automatic_words = '(auto|авто)[ -]?(reply|answer|response|ответ|информ)|(^|[ -])(bot|robot|бот|робот)($|[ -])' %}

-- One call is often told twice: by the telephone exchange and by the CRM, or by the exchange and call tracking.
with records as (

    select * from {{ ref('int_contact_events_unioned') }}

),

gaps as (

    select
        *,
        case
            when channel = 'call' and phone_key is not null then {{ minutes_between(
                "lag(occurred_at) over (partition by dealer_code, channel, phone_key order by occurred_at, source_system, source_record_id)",
                "occurred_at"
            ) }}
        end as minutes_since_same_number
    from records

),

numbered as (

    select
        *,
        sum(case when minutes_since_same_number <= 2 then 0 else 1 end) over (
            partition by dealer_code, channel, phone_key
            order by occurred_at, source_system, source_record_id
            rows between unbounded preceding and current row
        ) as contact_number
    from gaps

),

-- The exchange knows when and how long; the CRM knows about what.
ranked as (

    select
        *,
        row_number() over (
            partition by dealer_code, channel, phone_key, contact_number
            order by case when source_system = 'telephony' then 0 else 1 end, occurred_at, source_record_id
        ) as record_rank,
        count(*) over (partition by dealer_code, channel, phone_key, contact_number) as record_count,
        max(topic) over (partition by dealer_code, channel, phone_key, contact_number) as told_topic,
        max(campaign) over (partition by dealer_code, channel, phone_key, contact_number) as told_campaign
    from numbered

),

final as (

    select
        {{ record_id() }} as contact_id,
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
        {{ regexp_matched("lower(concat_ws(' ', topic, told_topic, outcome, employee))", automatic_words) }}
            as is_automatic,
        record_count
    from ranked
    where record_rank = 1

)

select * from final
