-- What a build reads of the books that a load may change meanwhile: copies, written when the build is opened
-- (warehouse/build_inputs.py; docs/decisions/0008-when-a-delivery-is-late.md).
create table ops.build_dealers (like ops.dealers including all);
insert into ops.build_dealers select * from ops.dealers;

create table ops.build_settings (like ops.settings including all);
insert into ops.build_settings select * from ops.settings;

-- The feeds that a YAML lists, and what is to be expected of each at the build's moment.
create table ops.build_feeds (
    feed_id text primary key,
    dealer_code text not null,
    source_system text not null,
    entity text not null,
    delivery text not null,
    due time,
    last_came_on date, -- the last day something was loaded or sent again unchanged
    expected_on date not null, -- the day whose due time passed last
    rhythm_days integer -- the usual days between deliveries; null while too few have come
);

-- The moment that freshness is judged at: the clock's, set back in a workspace that replays the past.
alter table ops.builds add column judged_at timestamptz;
alter table ops.current_build add column judged_at timestamptz not null default '1970-01-01 00:00:00+00';
