-- Raw grows by versions and loses none, but for people who are erased. A row here is a statement that deleted or
-- changed rows of raw that were there, so that what is kept of them is made anew
-- (dbt_project/macros/identity/kept.sql). The triggers are made with the tables of raw (ingestion/raw_tables.py).
create table ops.raw_rows_lost (
    loss_id bigint generated always as identity primary key,
    table_name text not null,
    lowest_batch_seq bigint not null, -- of the rows that are no longer as they were
    happened_at timestamptz not null default clock_timestamp()
);

-- `lost` are the rows as they were; before a truncation they are still there.
create function ops.note_rows_lost() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
declare
    lowest bigint;
begin
    if tg_op = 'TRUNCATE' then
        execute format('select min(_batch_seq) from %I.%I', tg_table_schema, tg_table_name) into lowest;
    else
        select min(_batch_seq) into lowest from lost;
    end if;
    if lowest is not null then
        insert into ops.raw_rows_lost (table_name, lowest_batch_seq) values (tg_table_name, lowest);
    end if;
    return null;
end
$$;
