with quarantined as (

    select * from {{ source('quarantine', 'rows') }}

),

findings as (

    select distinct quarantine_id, rule_code, column_name
    from {{ source('quarantine', 'findings') }}

),

final as (

    select
        cast(quarantined.quarantine_id as bigint) as quarantine_id,
        findings.rule_code,
        coalesce(findings.column_name, 'row') as column_name,
        quarantined.status,
        quarantined.dealer_code,
        quarantined.source_system,
        quarantined.entity,
        quarantined.source_record_id,
        quarantined.feed_id,
        quarantined.batch_id,
        quarantined.source_file,
        quarantined.source_row,
        quarantined.quarantined_at
    from quarantined
    inner join findings on quarantined.quarantine_id = findings.quarantine_id

)

select * from final
