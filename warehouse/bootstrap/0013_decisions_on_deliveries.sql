-- What people decide about files and rows that were kept out. Decisions are added and never changed: a later one is a
-- row of its own.
create function ops.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception '%.% is only added to: a later decision is a row of its own', tg_table_schema, tg_table_name;
end
$$;

-- A file that was held or refused and that a person answers for. The batch that it became names the approval in its
-- reading.
create table ops.batch_approvals (
    approval_id bigint generated always as identity primary key,
    batch_id text not null references ops.batches,
    content_sha256 text not null, -- of the one file that was approved
    reason_code text not null, -- why it had been kept out
    approved_by text not null,
    reason text not null check (btrim(reason) <> ''),
    approved_at timestamptz not null default clock_timestamp()
);
create trigger batch_approvals_stay before update or delete on ops.batch_approvals
for each statement execute function ops.refuse_change();

-- Rows of quarantine are also corrected by the dealer in a workbook that was exported for him.
alter table quarantine.rows drop constraint rows_status_check;
alter table quarantine.rows add constraint rows_status_check
check (status in ('open', 'released', 'discarded', 'corrected'));

create table quarantine.decisions (
    decision_id bigint generated always as identity primary key,
    quarantine_id bigint not null references quarantine.rows on delete cascade,
    decision text not null check (decision in ('released', 'discarded', 'corrected')),
    decided_by text not null,
    reason text not null,
    batch_id text, -- the batch with which the row came into raw
    decided_at timestamptz not null default clock_timestamp()
);
create index decisions_row_idx on quarantine.decisions (quarantine_id);
create trigger decisions_stay before update on quarantine.decisions
for each statement execute function ops.refuse_change();
