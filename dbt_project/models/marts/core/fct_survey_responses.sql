with responses as (

    select
        *,
        {{ record_id() }} as response_id
    from {{ ref('int_survey_responses_unioned') }}
    where is_complete

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

-- The document that the response names: numbers of repair orders begin anew every year, so the last one before it.
related as (

    select
        responses.response_id,
        documents.document_type,
        documents.document_id,
        documents.customer_id,
        row_number() over (
            partition by responses.response_id
            order by documents.happened_at desc, documents.document_id
        ) as document_rank
    from responses
    inner join {{ ref('int_documents_numbered') }} as documents
        on
            responses.dealer_code = documents.dealer_code
            and responses.related_document_number = documents.document_number
            and (responses.touchpoint = documents.document_type or responses.touchpoint not in ('sale', 'service'))
            and (responses.submitted_at is null or responses.submitted_at >= documents.happened_at)

),

identified as (

    select
        responses.*,
        -- Who was asked about a document is its customer, whatever name he signs with.
        coalesce(related.customer_id, customer_ids.customer_id) as customer_id,
        case when related.document_type = 'sale' then related.document_id end as related_sale_id,
        case when related.document_type = 'service' then related.document_id end as related_visit_id
    from responses
    left join customer_ids
        on {{ same_record('responses', 'customer_ids') }}
    left join related
        on
            responses.response_id = related.response_id
            and related.document_rank = 1

),

-- One answer per person and event: the last one. Numbers of documents begin anew every year, so the event is the
-- document found, else the invitation. An anonymous answer, and one about no event, stands for itself.
ranked as (

    select
        *,
        row_number() over (
            partition by
                dealer_code,
                touchpoint,
                coalesce(related_sale_id, related_visit_id, token, response_id),
                coalesce(customer_id, response_id)
            order by submitted_at desc nulls last, response_id
        ) as answer_rank
    from identified

),

final as (

    select
        ranked.response_id,
        ranked.dealer_code,
        ranked.source_system,
        ranked.entity,
        ranked.source_record_id,
        ranked.customer_id,
        ranked.touchpoint,
        ranked.submitted_at,
        {{ business_date(
            'ranked.submitted_at', 'coalesce(dealers.time_zone, settings.time_zone)', 'settings.time_zone'
        ) }} as business_date,
        cast(ranked.nps as integer) as nps,
        cast(ranked.csat as integer) as csat,
        ranked.related_sale_id,
        ranked.related_visit_id,
        ranked.questionnaire,
        ranked.questionnaire_version,
        ranked.is_absent_from_source
    from ranked
    cross join settings
    left join dealers on ranked.dealer_code = dealers.dealer_code
    where ranked.answer_rank = 1

)

select * from final
