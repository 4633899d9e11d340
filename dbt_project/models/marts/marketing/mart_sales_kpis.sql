with activities as (

    select
        *,
        {{ period_start('month', 'business_date') }} as month_start
    from {{ ref('int_customer_activities_scoped') }}

),

exposures as (

    select * from {{ ref('int_scope_exposures_counted') }}

),

-- A document of nothing or less (a credit note) lowers the money of its month and is no check.
documents as (

    select
        scope_type,
        scope_code,
        department,
        month_start,
        sum(case when net_amount > 0 then 1 else 0 end) as documents,
        count(distinct case when net_amount > 0 and is_customer then customer_id end) as customers,
        cast(sum(net_amount) as decimal(14, 2)) as net_amount,
        percentile_cont(0.5) within group (
            order by case when net_amount > 0 then {{ to_double('net_amount') }} end
        ) as median_amount
    from activities
    where department <> 'service_unpaid'
    group by scope_type, scope_code, department, month_start

),

final as (

    select
        documents.scope_type,
        documents.scope_code,
        documents.department,
        documents.month_start,
        documents.documents,
        documents.customers,
        documents.net_amount,
        cast(documents.net_amount / nullif(documents.documents, 0) as decimal(14, 2)) as average_check,
        cast(documents.median_amount as decimal(14, 2)) as median_check,
        {{ ratio('documents.documents', 'documents.customers') }} as purchase_frequency,
        -- A handful of customers, all just arrived with the purchase that is counted, would look like daily buyers.
        {{ ratio(
            'documents.documents * 365.25', 'case when exposures.customer_days >= 900 then exposures.customer_days end'
        ) }} as purchase_frequency_exposed,
        coalesce(exposures.customer_days, 0) as customer_days,
        case
            when documents.documents = 0 then 'no_base'
            when coalesce(exposures.customer_days, 0) < 900 then 'below_min_n'
        end as reason_code
    from documents
    left join exposures
        on
            documents.scope_type = exposures.scope_type
            and documents.scope_code = exposures.scope_code
            and documents.month_start = exposures.month_start

)

select * from final
