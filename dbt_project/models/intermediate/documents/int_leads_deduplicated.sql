-- Every request as it came, with the lead it counts as: a double click or a resent mail is the same lead again.
with requests as (

    select
        *,
        {{ record_id() }} as request_id
    from {{ ref('int_leads_unioned') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

-- Who asks, and through which form. A request without phone and e-mail is like no other.
keyed as (

    select
        requests.*,
        coalesce(
            'phone ' || requests.phone_key, 'email ' || requests.email_key, 'request ' || requests.request_id
        ) as contact,
        concat_ws(' ', requests.lead_type, requests.source_lead_type, requests.source_channel) as form,
        coalesce(dealers.time_zone, settings.time_zone) as dealer_time_zone,
        settings.time_zone as group_time_zone
    from requests
    cross join settings
    left join dealers on requests.dealer_code = dealers.dealer_code

),

numbered as (

    select
        *,
        row_number() over (partition by dealer_code, contact order by created_at, request_id) as contact_number,
        {{ minutes_between(
            "lag(created_at) over (partition by dealer_code, contact, form order by created_at, request_id)", "created_at"
        ) }} as minutes_since_same_form
    from keyed

),

judged as (

    select
        *,
        contact_number > 1 and status = 'resend' as is_resent,
        coalesce(minutes_since_same_form <= 10, false) as is_double_click
    from numbered

),

-- The last request before it that is no repetition: of the same form for a double click, of any form for a resent one.
referred as (

    select
        *,
        max(case when not is_resent and not is_double_click then contact_number end) over (
            partition by dealer_code, contact
            order by contact_number
            rows between unbounded preceding and current row
        ) as last_number,
        max(case when not is_resent and not is_double_click then contact_number end) over (
            partition by dealer_code, contact, form
            order by contact_number
            rows between unbounded preceding and current row
        ) as last_number_of_form
    from judged

),

final as (

    select
        originals.request_id as lead_id,
        referred.is_resent or referred.is_double_click as is_repetition,
        {{ business_date('referred.created_at', 'referred.dealer_time_zone', 'referred.group_time_zone') }}
            as business_date,
        {{ local_date('referred.created_at', 'referred.dealer_time_zone') }} as dealer_local_date,
        {{ is_time_assumed('referred.created_at', 'referred.dealer_time_zone') }} as is_time_assumed,
        referred.*
    from referred
    inner join referred as originals
        on
            referred.dealer_code = originals.dealer_code
            and referred.contact = originals.contact
            and originals.contact_number = case
                when referred.is_resent then referred.last_number
                else coalesce(referred.last_number_of_form, referred.last_number)
            end

)

select * from final
