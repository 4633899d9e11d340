with build as (

    select * from {{ source('ops', 'current_build') }}

),

-- Every quarantined row came with a batch; rows of a batch beyond the horizon wait for the next build.
quarantined as (

    select quarantined.*
    from {{ source('quarantine', 'rows') }} as quarantined
    inner join {{ source('ops', 'batches') }} as batches on quarantined.batch_id = batches.batch_id
    cross join build
    where {{ is_seen_by_build('batches', 'build') }}

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
