-- How many statements had taken rows from raw when a build was opened: what came after, its marts may show. A statement
-- counts from its commit on, which may be long after it was noted: a build that was opened in between read the rows.
create function ops.count_rows_lost() returns bigint
language sql stable set search_path = pg_catalog
as 'select count(*) from ops.raw_rows_lost';

alter table ops.builds add column rows_lost_before bigint not null default ops.count_rows_lost();
update ops.builds
set
    rows_lost_before = (
        select count(*)
        from ops.raw_rows_lost as lost
        where lost.happened_at < builds.started_at
    );
