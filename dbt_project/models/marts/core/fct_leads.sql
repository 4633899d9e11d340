with requests as (

    select * from {{ ref('int_leads_deduplicated') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

customer_ids as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

contacts as (

    select
        contacts.*,
        customer_ids.customer_id
    from {{ ref('int_contact_events') }} as contacts
    inner join customer_ids
        on {{ same_record('contacts', 'customer_ids') }}

),

leads as (

    select
        requests.*,
        customer_ids.customer_id
    from requests
    left join customer_ids
        on {{ same_record('requests', 'customer_ids') }}
    where not requests.is_repetition

),

repetitions as (

    select lead_id, cast(count(*) as integer) as repetition_count
    from requests
    where is_repetition
    group by lead_id

),

-- The first contact of a person at that dealer with this customer. Automatic answers are no response.
responses as (

    select
        leads.lead_id,
        min(contacts.occurred_at) as first_response_at
    from leads
    cross join settings
    inner join contacts
        on
            leads.customer_id = contacts.customer_id
            and leads.dealer_code = contacts.dealer_code
            and contacts.direction = 'out'
            and not contacts.is_automatic
            and leads.created_at <= contacts.occurred_at
            and {{ moment_days_added('leads.created_at', 'settings.lead_response_days') }} > contacts.occurred_at
    group by leads.lead_id

),

final as (

    select
        leads.lead_id,
        leads.dealer_code,
        leads.source_system,
        leads.entity,
        leads.source_record_id,
        leads.customer_id,
        cast(null as {{ text_type() }}) as opportunity_id,
        leads.created_at,
        leads.business_date,
        leads.dealer_local_date,
        leads.is_time_assumed,
        leads.channel,
        leads.source_channel,
        leads.utm_source,
        leads.utm_medium,
        leads.utm_campaign,
        leads.lead_type,
        leads.make,
        leads.model,
        leads.status,
        responses.first_response_at,
        cast(
            case
                when not leads.is_time_assumed
                    then {{ minutes_between('leads.created_at', 'responses.first_response_at') }}
            end as decimal(14, 2)
        ) as response_minutes,
        coalesce(repetitions.repetition_count, 0) as repetition_count,
        leads.is_absent_from_source
    from leads
    left join responses on leads.lead_id = responses.lead_id
    left join repetitions on leads.lead_id = repetitions.lead_id

)

select * from final
