with calls as (

    select * from {{ ref('stg_telephony__calls') }}

),

crm_contacts as (

    select * from {{ ref('stg_crm__contact_events') }}

),

channels as (

    select * from {{ ref('xwalk_channels') }}

),

topics as (

    select * from {{ ref('xwalk_contact_topics') }}

),

words as (

    select * from {{ ref('int_make_models_mapped') }}
    where is_make_known

),

unioned as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        started_at as occurred_at,
        direction,
        'call' as source_channel,
        cast(null as {{ text_type() }}) as source_topic,
        outcome,
        employee,
        campaign,
        duration_s,
        -- Of an outbound call the caller is the dealer's own line.
        coalesce(phone, case when direction = 'in' then caller_number end) as contact_number,
        is_absent_from_source,
        _source_file,
        _source_row
    from calls

    union all

    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        occurred_at,
        direction,
        channel as source_channel,
        topic as source_topic,
        outcome,
        employee,
        campaign,
        cast(null as bigint) as duration_s,
        phone as contact_number,
        is_absent_from_source,
        _source_file,
        _source_row
    from crm_contacts

),

final as (

    select
        unioned.dealer_code,
        unioned.source_system,
        unioned.entity,
        unioned.source_record_id,
        unioned.occurred_at,
        unioned.direction,
        coalesce(channels.channel, 'unknown') as channel,
        unioned.source_channel,
        -- What people type there may hold names: only a word of ours goes on.
        case
            when topics.topic is not null then topics.topic
            when words.make is not null then 'vehicle'
            when unioned.source_topic is not null then 'other'
        end as topic,
        unioned.source_topic,
        unioned.outcome,
        unioned.employee,
        unioned.campaign,
        unioned.duration_s,
        {{ phone_key('unioned.contact_number') }} as phone_key,
        unioned.is_absent_from_source,
        unioned._source_file,
        unioned._source_row
    from unioned
    left join channels on {{ alias_of('unioned.source_channel') }} = channels.alias
    left join topics on {{ alias_of('unioned.source_topic') }} = topics.alias
    left join words on {{ make_model_key(make_model='unioned.source_topic') }} = words.make_model_key

)

select * from final
