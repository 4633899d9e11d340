-- A row that waits is superseded when a file of a later day holds its record: accepted, or waiting itself.
alter table quarantine.rows drop constraint rows_status_check;
alter table quarantine.rows add constraint rows_status_check
check (status in ('open', 'released', 'discarded', 'corrected', 'superseded'));
create index rows_waiting_idx on quarantine.rows (feed_id) where status = 'open';
