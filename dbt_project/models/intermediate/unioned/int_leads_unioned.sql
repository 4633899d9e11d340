with web_leads as (

    select * from {{ ref('stg_web__leads') }}

),

words as (

    select * from {{ ref('int_make_models_mapped') }}

),

channels as (

    select * from {{ ref('xwalk_channels') }}

),

lead_types as (

    select * from {{ ref('xwalk_lead_types') }}

),

lead_statuses as (

    select * from {{ ref('xwalk_lead_statuses') }}

),

-- Where the source names no channel, the visit that led to the request does.
keyed as (

    select
        *,
        coalesce(channel, utm_medium, utm_source) as source_channel,
        {{ make_model_key('make', 'model') }} as make_model_key,
        {{ phone_key('phone') }} as phone_key,
        lower(email) as email_key
    from web_leads

),

final as (

    select
        -- key
        leads.dealer_code,
        leads.source_system,
        leads.entity,
        leads.source_record_id,

        -- request
        leads.created_at,
        coalesce(lead_types.lead_type, 'unknown') as lead_type,
        leads.lead_type as source_lead_type,
        coalesce(lead_statuses.lead_status, 'unknown') as status,
        leads.status as source_status,

        -- where it came from
        coalesce(channels.channel, 'unknown') as channel,
        leads.source_channel,
        leads.utm_source,
        leads.utm_medium,
        leads.utm_campaign,

        -- vehicle asked about
        words.make,
        words.model,

        -- who asks, for telling a double click from a second request
        leads.phone_key,
        leads.email_key,

        -- where the row came from
        leads.is_absent_from_source,
        leads._source_file,
        leads._source_row,
        leads._delivered_on

    from keyed as leads
    left join words on leads.make_model_key = words.make_model_key
    left join channels on {{ alias_of('leads.source_channel') }} = channels.alias
    left join lead_types on {{ alias_of('leads.lead_type') }} = lead_types.alias
    left join lead_statuses on {{ alias_of('leads.status') }} = lead_statuses.alias

)

select * from final
