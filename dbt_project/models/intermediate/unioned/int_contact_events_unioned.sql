with calls as (

    select * from {{ ref('stg_telephony__calls') }}

),

crm_contacts as (

    select * from {{ ref('stg_crm__contact_events') }}

),

channels as (

    select * from {{ ref('xwalk_channels') }}

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
        cast(null as {{ text_type() }}) as topic,
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
        topic,
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
        unioned.topic,
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

)

select * from final
