-- Every sales document, with the moment it counts at and the reason for which it is no sale, if there is one.
with documents as (

    select * from {{ ref('int_vehicle_sales_unioned') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

customer_ids as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

customers as (

    select * from {{ ref('int_customers_merged') }}

),

-- A dealer who tells handovers at all means «not yet» by leaving one out; before he began to tell them,
-- and where he never does, the contract's day has to do.
handovers as (

    select
        dealer_code,
        min(_batch_seq) as first_batch_seq
    from documents
    where sold_at is not null
    group by dealer_code

),

identified as (

    select
        documents.*,
        customer_ids.customer_id,
        coalesce(customers.is_test, false) as is_test,
        coalesce(documents.sold_at, documents.contracted_at) as happened_at,
        coalesce(dealers.time_zone, settings.time_zone) as dealer_time_zone,
        settings.time_zone as group_time_zone,
        settings.currency as group_currency,
        coalesce(
            documents.status,
            case
                when documents.sold_at is null and handovers.first_batch_seq <= documents._batch_seq then 'open'
                else 'delivered'
            end
        ) as document_status
    from documents
    cross join settings
    left join dealers on documents.dealer_code = dealers.dealer_code
    left join handovers on documents.dealer_code = handovers.dealer_code
    left join customer_ids
        on {{ same_record('documents', 'customer_ids') }}
    left join customers on customer_ids.customer_id = customers.customer_id

),

final as (

    select
        {{ record_id() }} as sale_id,
        *,
        {{ business_date('happened_at', 'dealer_time_zone', 'group_time_zone') }} as business_date,
        {{ local_date('happened_at', 'dealer_time_zone') }} as dealer_local_date,
        {{ is_time_assumed('happened_at', 'dealer_time_zone') }} as is_time_assumed,
        -- Some systems write the money of a return with a minus, some without: it is negative here. Its discount
        -- is what the buyer had not paid, so it lowers what he gets back.
        cast(
            case
                when document_type = 'return'
                    then -(abs(price_amount) - abs(coalesce(discount_amount, 0)))
                else price_amount - coalesce(discount_amount, 0)
            end as decimal(14, 2)
        ) as net_amount,
        case
            when document_type in ('quote', 'wholesale') then document_type
            when document_status = 'cancelled' then 'cancelled'
            when document_status = 'open' then 'not_delivered'
            when coalesce(currency, group_currency) <> group_currency then 'foreign_currency'
            when is_test then 'test_record'
            when document_type = 'return' then 'return'
        end as exclusion_reason
    from identified

)

select * from final
