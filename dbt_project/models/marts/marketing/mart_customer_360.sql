with customers as (

    select * from {{ ref('dim_customers') }}

),

segments as (

    select customer_id, rfm_segment
    from {{ ref('mart_segmentation') }}
    where scope_type = 'group'

),

known_at as (

    select
        customer_id,
        {{ text_aggregated('dealer_code') }} as dealer_codes
    from {{ ref('bridge_customer_records') }}
    group by customer_id

),

vehicles as (

    select
        customer_id,
        count(*) as vehicles_owned,
        max(case when recency_rank = 1 then make end) as current_make,
        max(case when recency_rank = 1 then model end) as current_model,
        max(case when recency_rank = 1 then model_year end) as current_model_year
    from {{ ref('int_customer_vehicles_current') }}
    group by customer_id

),

totals as (

    select * from {{ ref('int_customer_totals_summed') }}

),

leads as (

    select customer_id, count(*) as leads_count
    from {{ ref('fct_leads') }}
    group by customer_id

),

responses as (

    select
        customer_id,
        nps,
        row_number() over (partition by customer_id order by submitted_at desc, response_id) as response_rank
    from {{ ref('fct_survey_responses') }}
    where nps is not null

),

contacts as (

    select customer_id, max(happened_at) as last_contact_at
    from {{ ref('mart_customer_timeline') }}
    where event_type in ('lead', 'contact', 'invitation', 'survey')
    group by customer_id

),

final as (

    select
        customers.customer_id,
        customers.customer_type,
        customers.lifecycle_stage,
        customers.home_dealer_code,
        known_at.dealer_codes,
        coalesce(vehicles.vehicles_owned, 0) as vehicles_owned,
        vehicles.current_make,
        vehicles.current_model,
        vehicles.current_model_year,
        coalesce(totals.sales_count, 0) as sales_count,
        coalesce(totals.visits_count, 0) as visits_count,
        coalesce(leads.leads_count, 0) as leads_count,
        cast(coalesce(totals.sales_amount, 0) + coalesce(totals.visits_amount, 0) as decimal(14, 2))
            as lifetime_net_amount,
        cast(totals.sales_amount / nullif(totals.sales_count, 0) as decimal(14, 2)) as average_sale_amount,
        cast(totals.paid_amount / nullif(totals.paid_visits, 0) as decimal(14, 2)) as average_visit_amount,
        totals.first_purchase_date,
        totals.last_purchase_date,
        totals.last_visit_date,
        contacts.last_contact_at,
        responses.nps as last_nps,
        coalesce(responses.nps <= 6, false) as is_detractor,
        coalesce(totals.has_open_complaint, false) as has_open_complaint,
        segments.rfm_segment,
        customers.completeness
    from customers
    left join segments on customers.customer_id = segments.customer_id
    left join known_at on customers.customer_id = known_at.customer_id
    left join vehicles on customers.customer_id = vehicles.customer_id
    left join totals on customers.customer_id = totals.customer_id
    left join leads on customers.customer_id = leads.customer_id
    left join responses on customers.customer_id = responses.customer_id and responses.response_rank = 1
    left join contacts on customers.customer_id = contacts.customer_id

)

select * from final
