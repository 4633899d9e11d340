with settings as (

    {{ match_settings_in_one_row() }}

),

records as (

    select count(*) as record_count from {{ ref('int_customer_records_unioned') }}

),

-- How many records one may be mistaken for: the more there are, the more must speak for a pair. In whole bits, so that
-- the weights of all pairs move when the group has doubled and not every night.
final as (

    select
        settings.prior_bits
        - round(
            ln(greatest(settings.smallest_group, records.record_count) / settings.prior_records) / ln(2)
        ) as prior_bits
    from settings
    cross join records

)

select * from final
