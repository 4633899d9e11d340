with scored as (

    select * from {{ ref('int_customer_rfm_scored') }}

),

segments as (

    select * from {{ ref('rfm_segments') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

current_vehicles as (

    select * from {{ ref('int_customer_vehicles_current') }}
    where recency_rank = 1

),

leads as (

    select * from {{ ref('fct_leads') }}
    where customer_id is not null

),

as_of as (

    select {{ months_added('as_of_date', -12) }} as interest_start
    from {{ source('ops', 'current_build') }}

),

-- What the customer asked about in the last twelve months.
interests as (

    select
        leads.customer_id,
        {{ text_aggregated("coalesce(leads.make || ' ' || leads.model, leads.make)") }} as interests
    from leads
    cross join as_of
    where leads.business_date >= as_of.interest_start
    group by leads.customer_id

),

channel_counts as (

    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id
            order by count(*) desc, max(created_at) desc, channel
        ) as channel_rank
    from leads
    where channel is not null and channel <> 'unknown'
    group by customer_id, channel

),

named as (

    select
        scored.*,
        segments.rfm_segment,
        row_number() over (
            partition by scored.scope_type, scored.scope_code, scored.customer_id
            order by segments.priority nulls last
        ) as segment_rank
    from scored
    left join segments
        on
            scored.r_score between segments.r_min and segments.r_max
            and scored.f_score between segments.f_min and segments.f_max

),

final as (

    select
        named.scope_type,
        named.scope_code,
        named.customer_id,
        cast(named.recency_days as integer) as recency_days,
        named.frequency,
        named.monetary_amount,
        named.r_score,
        named.f_score,
        named.m_score,
        named.rfm_segment,
        case
            when named.m_score >= 4 then 'high'
            when named.m_score = 3 then 'medium'
            when named.m_score <= 2 then 'low'
        end as value_band,
        customers.lifecycle_stage,
        customers.age_band,
        customers.gender,
        coalesce(current_vehicles.make || ' ' || current_vehicles.model, current_vehicles.make) as current_model_family,
        interests.interests,
        channel_counts.channel as preferred_channel
    from named
    inner join customers on named.customer_id = customers.customer_id
    left join current_vehicles on named.customer_id = current_vehicles.customer_id
    left join interests on named.customer_id = interests.customer_id
    left join channel_counts on named.customer_id = channel_counts.customer_id and channel_counts.channel_rank = 1
    where named.segment_rank = 1

)

select * from final
