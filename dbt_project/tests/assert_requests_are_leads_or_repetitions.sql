-- Every staged request is one lead or a counted repetition of one.
with staged as (

    select dealer_code, count(*) as requests
    from {{ ref('stg_web__leads') }}
    group by dealer_code

),

leads as (

    select dealer_code, sum(1 + repetition_count) as requests
    from {{ ref('fct_leads') }}
    group by dealer_code

)

select
    coalesce(staged.dealer_code, leads.dealer_code) as dealer_code,
    staged.requests as staged_requests,
    leads.requests as counted_requests
from staged
full outer join leads on staged.dealer_code = leads.dealer_code
where coalesce(staged.requests, 0) <> coalesce(leads.requests, 0)
