with responses as (

    select * from {{ ref('stg_surveys__responses') }}

),

touchpoints as (

    select * from {{ ref('xwalk_touchpoints') }}

),

final as (

    select
        responses.dealer_code,
        responses.source_system,
        responses.entity,
        responses.source_record_id,
        -- Survey tools write 1 January 1980 when a survey keeps no moments: sent, but nobody knows when.
        case
            when responses.submitted_at >= {{ to_moment("'1980-01-03T00:00:00+00:00'") }} then responses.submitted_at
        end as submitted_at,
        coalesce(responses.is_complete, true) and responses.submitted_at is not null as is_complete,
        coalesce(touchpoints.touchpoint, 'unknown') as touchpoint,
        responses.touchpoint as source_touchpoint,
        responses.token,
        responses.related_source_id as related_document_number,
        case when responses.nps between 0 and 10 then responses.nps end as nps,
        case when responses.csat between 1 and 5 then responses.csat end as csat,
        responses.questionnaire,
        responses.questionnaire_version,
        responses.is_absent_from_source,
        responses._source_file,
        responses._source_row,
        responses._delivered_on
    from responses
    left join touchpoints on {{ alias_of('responses.touchpoint') }} = touchpoints.alias

)

select * from final
