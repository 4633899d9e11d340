-- The pipeline's own books: who sends what (from the workspace's YAML files), what arrived,
-- what was made of it, what was judged, what was built and which slot is live.

create table ops.dealers (
    dealer_code text primary key,
    dealer_name text not null,
    legal_entity text,
    same_group boolean not null default true,
    brands text[] not null default '{}',
    city text,
    region text,
    time_zone text not null,
    phone_region text not null,
    own_phones text[] not null default '{}',
    is_listed boolean not null default true, -- false: no YAML names it any more; its data stay
    updated_at timestamptz not null default now()
);

create table ops.feeds (
    feed_id text primary key, -- <dealer>/<source>/<entity>/<path pattern>
    dealer_code text not null,
    source_system text not null,
    entity text not null,
    path text not null,
    format_type text not null,
    delivery text not null check (delivery in ('full', 'delta')),
    due time, -- local time of the dealer; null: group.yml's build_by
    definition jsonb not null, -- the feed as the YAML says it, defaults filled in
    is_listed boolean not null default true,
    updated_at timestamptz not null default now()
);

create table ops.settings (
    setting text primary key, -- dotted, as in group.yml: retention.active_days
    value text not null,
    updated_at timestamptz not null default now()
);

-- One row per file that was loaded, refused or held. A batch that is refused or held has no batch_seq.
create table ops.batches (
    batch_id text primary key,
    batch_seq bigint unique,
    feed_id text not null references ops.feeds,
    dealer_code text not null,
    source_system text not null,
    entity text not null,
    source_file text not null, -- path under landing/, or the URL without its secrets
    content_sha256 text not null,
    byte_count bigint not null,
    delivered_on date not null,
    arrived_at timestamptz not null,
    status text not null check (status in ('loading', 'loaded', 'refused', 'held')),
    reason_code text, -- why refused or held
    reason text, -- the sentence a person reads
    rows_read bigint not null default 0,
    rows_new bigint not null default 0,
    rows_changed bigint not null default 0,
    rows_unchanged bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_absent bigint not null default 0,
    reading jsonb not null default '{}', -- encoding, delimiter, header row, date order, repairs and guesses
    archive_path text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint every_row_is_accounted_for check (
        status <> 'loaded' or rows_read = rows_new + rows_changed + rows_unchanged + rows_quarantined
    )
);
create index batches_feed_idx on ops.batches (feed_id, delivered_on);
create index batches_content_idx on ops.batches (content_sha256);

-- The order in which batches reached raw. The row is locked by the transaction that publishes a batch,
-- so that numbers are given in the order of commits: a reader who has seen n has seen all below n.
create table ops.batch_sequence (
    is_only boolean primary key default true check (is_only),
    last_batch_seq bigint not null
);
insert into ops.batch_sequence (last_batch_seq) values (0);

create function ops.next_batch_seq() returns bigint
language sql volatile
as 'update ops.batch_sequence set last_batch_seq = last_batch_seq + 1 returning last_batch_seq';

-- One row per file and step, success or not.
create table ops.outcomes (
    outcome_id bigint generated always as identity primary key,
    run_id text not null,
    feed_id text,
    dealer_code text,
    source_file text,
    batch_id text,
    step text not null, -- discover, read, land, canonicalise, gate, publish
    status text not null check (status in ('done', 'skipped', 'refused', 'held', 'failed')),
    message text,
    details jsonb not null default '{}',
    happened_at timestamptz not null default clock_timestamp()
);

-- What each expectation or named check said, of a batch or of a build.
create table ops.checks (
    check_id bigint generated always as identity primary key,
    batch_id text,
    build_id bigint,
    suite text not null,
    rule_code text not null,
    column_name text,
    action text not null check (action in ('quarantine', 'refuse', 'warn')),
    sentence text not null,
    is_success boolean not null,
    unexpected_count bigint not null default 0,
    element_count bigint not null default 0,
    observed text,
    checked_at timestamptz not null default clock_timestamp()
);
create index checks_batch_idx on ops.checks (batch_id);
create index checks_build_idx on ops.checks (build_id);

create table ops.builds (
    build_id bigint generated always as identity primary key,
    status text not null check (status in ('running', 'refused', 'failed', 'published', 'rolled_back')),
    horizon bigint not null,
    as_of_date date not null,
    identity_version text not null,
    settings_hash text not null, -- dealers, feeds, settings, decisions: what a build depends on beside raw
    code_version text not null,
    holder text not null, -- who builds: a process or an Airflow run
    reason text,
    parts jsonb not null default '{}', -- seconds per part
    started_at timestamptz not null default clock_timestamp(),
    touched_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    published_at timestamptz
);
create unique index one_build_at_a_time on ops.builds ((true)) where status = 'running';

-- What staging and dbt read: the build that is running, or the last that ran.
create table ops.current_build (
    is_only boolean primary key default true check (is_only),
    build_id bigint,
    horizon bigint not null,
    as_of_date date not null,
    identity_version text not null
);
insert into ops.current_build (horizon, as_of_date, identity_version) values (0, date '1970-01-01', 'default');

create table ops.slots (
    slot text primary key check (slot in ('a', 'b')),
    build_id bigint references ops.builds,
    state text not null check (state in ('empty', 'filling', 'complete'))
);
insert into ops.slots (slot, state) values ('a', 'empty'), ('b', 'empty');

create table ops.live (
    is_only boolean primary key default true check (is_only),
    slot text not null references ops.slots,
    build_id bigint references ops.builds
);
insert into ops.live (slot) values ('a');
