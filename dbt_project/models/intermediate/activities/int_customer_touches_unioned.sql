-- What people typed may hold names: only words of ours make a summary.
with invitation_types as (

    select * from {{ ref('xwalk_invitation_types') }}

),

purposes as (

    select * from {{ ref('xwalk_consent_purposes') }}

),

channels as (

    select * from {{ ref('xwalk_channels') }}

),

contacts as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id as identity_record_id,
        occurred_at as happened_at,
        'contact' as event_type,
        coalesce(channel, 'contact') || coalesce(', ' || direction || 'bound', '')
        || coalesce(': ' || replace(topic, '_', ' '), '') as summary,
        contact_id as source_id
    from {{ ref('int_contact_events') }}

),

invitations as (

    select
        invitations.dealer_code,
        invitations.source_system,
        invitations.entity,
        invitations.source_record_id as identity_record_id,
        invitations.sent_at as happened_at,
        'invitation' as event_type,
        'Invited to '
        || coalesce(replace(invitation_types.invitation_type, '_', ' '), 'come')
        || coalesce(', ' || invitations.make || ' ' || invitations.model, ', ' || invitations.make, '') as summary,
        {{ record_id('invitations') }} as source_id
    from {{ ref('stg_crm__invitations') }} as invitations
    left join invitation_types on {{ alias_of('invitations.invitation_type') }} = invitation_types.alias

),

consents as (

    select
        consents.dealer_code,
        consents.source_system,
        consents.entity,
        consents.source_record_id as identity_record_id,
        consents.occurred_at as happened_at,
        'consent' as event_type,
        'Consent ' || consents.status || ': '
        || case
            when consents.purpose is null then 'every purpose'
            else coalesce(replace(purposes.purpose, '_', ' '), 'another purpose')
        end
        || case when consents.channel is null then '' else ' by ' || coalesce(channels.channel, 'another channel') end
            as summary,
        {{ record_id('consents') }} as source_id
    from {{ ref('stg_crm__consents') }} as consents
    left join purposes on {{ alias_of('consents.purpose') }} = purposes.alias
    left join channels on {{ alias_of('consents.channel') }} = channels.alias

),

-- A referral happened to the one who recommended; he is a person of his own in the lead's row.
referrals as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id || '#referrer' as identity_record_id,
        created_at as happened_at,
        'referral' as event_type,
        'Recommended us to another' as summary,
        {{ record_id() }} as source_id
    from {{ ref('stg_web__leads') }}
    where referrer_name is not null or referrer_phone is not null

),

final as (

    select * from contacts
    union all
    select * from invitations
    union all
    select * from consents
    union all
    select * from referrals

)

select * from final
