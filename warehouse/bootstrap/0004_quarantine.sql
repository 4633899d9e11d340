-- Rows that were kept out of raw: the row as it came, and every rule it broke.
-- The only place beside landing, raw and archive that holds values of refused cells.
create table quarantine.rows (
    quarantine_id bigint generated always as identity primary key,
    batch_id text not null references ops.batches,
    feed_id text not null,
    dealer_code text, -- null when the row names no dealer that is known
    source_system text not null,
    entity text not null,
    source_record_id text,
    source_file text not null,
    source_row bigint not null,
    source_cells jsonb not null, -- the dealer's own column names and cells
    status text not null default 'open' check (status in ('open', 'released', 'discarded')),
    quarantined_at timestamptz not null default clock_timestamp(),
    unique (batch_id, source_row)
);

create table quarantine.findings (
    quarantine_id bigint not null references quarantine.rows on delete cascade,
    rule_code text not null,
    column_name text,
    value text,
    sentence text not null
);
create index findings_row_idx on quarantine.findings (quarantine_id);
