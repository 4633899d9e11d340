-- What identity remembers between builds. Written by publish (in the transaction that switches the marts)
-- and by decisions of people; dbt only reads.

-- Every id ever given.
create table identity.customer_registry (
    customer_id text primary key,
    minted_build_id bigint not null,
    begun_by_record text not null, -- the record key d01/dms/sales/17 that the id was made from
    begun_ordinal integer not null, -- how often that key has begun an id
    status text not null check (status in ('current', 'merged', 'split', 'erased')),
    merged_into text,
    changed_build_id bigint not null,
    changed_at timestamptz not null
);

-- Which customer a record belonged to, from build to build (valid_to_build_id null: as published last).
create table identity.record_map (
    dealer_code text not null,
    source_system text not null,
    entity text not null,
    source_record_id text not null,
    customer_id text not null,
    valid_from_build_id bigint not null,
    valid_to_build_id bigint,
    primary key (dealer_code, source_system, entity, source_record_id, valid_from_build_id)
);
create index record_map_current_idx on identity.record_map (customer_id) where valid_to_build_id is null;

create view identity.current_record_map as
select dealer_code, source_system, entity, source_record_id, customer_id, valid_from_build_id
from identity.record_map
where valid_to_build_id is null;

create table identity.customer_id_history (
    history_id bigint generated always as identity primary key,
    build_id bigint not null,
    customer_id text not null,
    change text not null check (change in ('minted', 'merged_into', 'split_from', 'record_moved')),
    other_customer_id text,
    cause text not null, -- new evidence, decision, model change, erased
    record_keys text[] not null default '{}',
    happened_at timestamptz not null
);

-- Links of the last published builds, for hysteresis: a link once accepted breaks only below `keep`.
create table identity.accepted_links (
    left_record text not null, -- record keys d01/dms/sales/17, left < right
    right_record text not null,
    match_weight double precision not null,
    match_probability double precision not null,
    valid_from_build_id bigint not null,
    valid_to_build_id bigint,
    primary key (left_record, right_record, valid_from_build_id)
);

create view identity.current_accepted_links as
select left_record, right_record, match_weight, match_probability, valid_from_build_id
from identity.accepted_links
where valid_to_build_id is null;

-- Decisions of stewards on pairs of records, append-only; a later one undoes an earlier one.
create table identity.pair_decisions (
    decision_id bigint generated always as identity primary key,
    left_record text not null,
    right_record text not null,
    decision text not null check (decision in ('link', 'no_link', 'withdrawn')),
    decided_by text not null,
    reason text not null,
    decided_at timestamptz not null default clock_timestamp(),
    check (left_record < right_record)
);

-- Trained match models beside the default that ships as a seed.
create table identity.match_weights (
    model_version text not null,
    attribute text not null,
    level text not null,
    m_probability double precision not null,
    u_probability double precision not null,
    loaded_at timestamptz not null default clock_timestamp(),
    primary key (model_version, attribute, level)
);
