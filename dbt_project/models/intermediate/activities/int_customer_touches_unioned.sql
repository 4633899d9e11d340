with contacts as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id as identity_record_id,
        occurred_at as happened_at,
        'contact' as event_type,
        coalesce(channel, 'contact') || coalesce(', ' || direction || 'bound', '') || coalesce(': ' || topic, '')
            as summary,
        contact_id as source_id
    from {{ ref('int_contact_events') }}

),

invitations as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id as identity_record_id,
        sent_at as happened_at,
        'invitation' as event_type,
        'Invited to ' || coalesce(invitation_type, 'come') || coalesce(', ' || make || ' ' || model, ', ' || make, '')
            as summary,
        {{ record_id() }} as source_id
    from {{ ref('stg_crm__invitations') }}

),

consents as (

    select
        dealer_code,
        source_system,
        entity,
        source_record_id as identity_record_id,
        occurred_at as happened_at,
        'consent' as event_type,
        'Consent ' || status || ': ' || coalesce(purpose, 'every purpose') || coalesce(' by ' || channel, '')
            as summary,
        {{ record_id() }} as source_id
    from {{ ref('stg_crm__consents') }}

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
