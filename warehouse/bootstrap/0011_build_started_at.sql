-- When the build began: the moment that everything it changes about customers' ids is dated with, in the marts that dbt
-- makes before publish as well as in identity's own tables.
alter table ops.current_build add column started_at timestamptz not null default '1970-01-01 00:00:00+00';
