with identified as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

sales as (

    select
        customer_id,
        sold_at as happened_at,
        'sale' as event_type,
        dealer_code,
        'Bought ' || coalesce(make || ' ' || model, make, 'a vehicle') || coalesce(', ' || vehicle_condition, '')
            as summary,
        sale_id as source_id
    from {{ ref('fct_vehicle_sales') }}

),

visits as (

    select
        visits.customer_id,
        visits.closed_at as happened_at,
        'service' as event_type,
        visits.dealer_code,
        'Workshop' || coalesce(', ' || vehicles.make || ' ' || vehicles.model, '')
        || coalesce(' at ' || {{ to_text('visits.odometer_km') }} || ' km', '')
        || case when visits.has_complaint then ', with a complaint' else '' end as summary,
        visits.visit_id as source_id
    from {{ ref('fct_service_visits') }} as visits
    left join {{ ref('dim_vehicles') }} as vehicles on visits.vehicle_id = vehicles.vehicle_id

),

leads as (

    select
        customer_id,
        created_at as happened_at,
        'lead' as event_type,
        dealer_code,
        'Asked by ' || channel || ': ' || lead_type || coalesce(', ' || make || ' ' || model, ', ' || make, '')
            as summary,
        lead_id as source_id
    from {{ ref('fct_leads') }}

),

responses as (

    select
        customer_id,
        submitted_at as happened_at,
        'survey' as event_type,
        dealer_code,
        'Answered on ' || coalesce(touchpoint, 'the dealer')
        || coalesce(', would recommend: ' || {{ to_text('nps') }}, '')
            as summary,
        response_id as source_id
    from {{ ref('fct_survey_responses') }}

),

touches as (

    select * from {{ ref('int_customer_touches_unioned') }}

),

identified_touches as (

    select
        identified.customer_id,
        touches.happened_at,
        touches.event_type,
        touches.dealer_code,
        touches.summary,
        touches.source_id
    from touches
    inner join identified
        on
            touches.dealer_code = identified.dealer_code
            and touches.source_system = identified.source_system
            and touches.entity = identified.entity
            and touches.identity_record_id = identified.source_record_id

),

events as (

    select * from sales
    union all
    select * from visits
    union all
    select * from leads
    union all
    select * from responses
    union all
    select * from identified_touches

),

-- What nobody could be found for happened to no customer.
final as (

    select * from events
    where customer_id is not null and happened_at is not null

)

select * from final
