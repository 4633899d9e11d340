-- A returned row is a vehicle that two customers owned at one time.
with ownerships as (

    select
        *,
        lead(valid_from) over (partition by vehicle_id order by valid_from, customer_id) as next_valid_from
    from {{ ref('int_vehicle_ownerships') }}

)

select *
from ownerships
where
    next_valid_from < valid_to
    or (next_valid_from is not null and valid_to is null)
